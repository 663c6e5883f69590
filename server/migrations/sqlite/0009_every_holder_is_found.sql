-- Certificates that were bound before their holders' names were kept (7): those up to this number of the issued sequence
-- may lack their name. It goes down to nothing as the server enters them.
INSERT INTO counter (name, value) SELECT 'unnamed', COALESCE(MAX(sequence), 0) FROM certificate;
