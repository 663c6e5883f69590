-- 申込内容の確認: what an organisation has applied for, in the order in which it was sent off.
CREATE TABLE organisation_application (
    case_id BYTEA NOT NULL PRIMARY KEY,
    organisation BYTEA NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX organisation_application_of ON organisation_application (organisation, at, case_id);

-- What was told of an application.
CREATE INDEX news_case ON news (case_id, at);
