-- An event that was past its time: its document and its salt are empty, and this is the number of the event that tells of
-- the erasure. Its commitment stays, so the tree does.
ALTER TABLE event ADD COLUMN erased_by BIGINT;
CREATE INDEX event_erased ON event (erased_by) WHERE erased_by IS NOT NULL;
