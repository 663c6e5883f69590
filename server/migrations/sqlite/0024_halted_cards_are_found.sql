-- Cards that answered as no card of ours does are shown to the clerks of their office.
CREATE INDEX office_case_halted ON office_case (changed_at, id) WHERE procedure = 'pin_reset' AND state = 'halted';
