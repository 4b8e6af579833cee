-- Questions as they were answered, for a course's insight. Who asked is not kept.
CREATE TABLE answers (
    id          TEXT PRIMARY KEY,
    course_id   TEXT NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    question    TEXT NOT NULL,
    answer      TEXT NOT NULL,
    mode        TEXT NOT NULL,
    refused     INTEGER NOT NULL,
    total_ms    INTEGER NOT NULL,
    -- 1 and 0: thumbs up and down; null: not rated.
    helpful     INTEGER,
    created_at  TEXT NOT NULL
);

CREATE INDEX answers_by_course ON answers (course_id, id);

CREATE TABLE answer_documents (
    answer_id    TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    document_id  TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (answer_id, document_id)
);

CREATE INDEX answer_documents_by_document ON answer_documents (document_id);
