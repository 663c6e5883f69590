-- Where letters about a reservation go, if its holder wanted any, and until when that is kept; and when time brings the next.
ALTER TABLE pin_reset ADD COLUMN mail TEXT;
ALTER TABLE pin_reset ADD COLUMN mail_until BIGINT;
ALTER TABLE pin_reset ADD COLUMN wakes_at BIGINT;
CREATE INDEX pin_reset_mail ON pin_reset (mail_until);
CREATE INDEX pin_reset_wakes ON pin_reset (wakes_at);
