-- Cases that were not sent off, by when something changed in them last: what nobody came back for.
DROP INDEX office_case_unfinished;
CREATE INDEX office_case_unfinished ON office_case (changed_at, id)
    WHERE state IN ('drafting', 'entering', 'reviewing', 'confirming', 'awaiting');
