CREATE TABLE quizzes (
    id            TEXT PRIMARY KEY,
    course_id     TEXT NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    title         TEXT NOT NULL,
    status        TEXT NOT NULL,
    error_code    TEXT,
    error_detail  TEXT,
    request       TEXT NOT NULL,
    questions     TEXT NOT NULL DEFAULT '[]',
    tried         INTEGER NOT NULL DEFAULT 0,
    left_out      TEXT NOT NULL DEFAULT '[]',
    -- Raised by every change, so that two at once are told apart.
    version       INTEGER NOT NULL DEFAULT 0,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
);

CREATE INDEX quizzes_by_course ON quizzes (course_id, id);

-- A job reads a document or makes a quiz.
CREATE TABLE jobs_of_both (
    id            TEXT PRIMARY KEY,
    document_id   TEXT REFERENCES documents (id) ON DELETE CASCADE,
    quiz_id       TEXT REFERENCES quizzes (id) ON DELETE CASCADE,
    state         TEXT NOT NULL,
    stage         TEXT NOT NULL,
    done          INTEGER NOT NULL DEFAULT 0,
    total         INTEGER NOT NULL DEFAULT 0,
    error_code    TEXT,
    error_detail  TEXT,
    created_at    TEXT NOT NULL,
    CHECK ((document_id IS NULL) <> (quiz_id IS NULL))
);

INSERT INTO jobs_of_both (id, document_id, state, stage, done, total, error_code, error_detail, created_at)
SELECT id, document_id, state, stage, done, total, error_code, error_detail, created_at FROM jobs;

DROP TABLE jobs;
ALTER TABLE jobs_of_both RENAME TO jobs;

CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_document ON jobs (document_id, id);
CREATE INDEX jobs_by_quiz ON jobs (quiz_id, id);
