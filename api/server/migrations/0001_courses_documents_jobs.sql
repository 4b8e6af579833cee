CREATE TABLE courses (
    id          TEXT PRIMARY KEY,
    title       TEXT NOT NULL,
    language    TEXT,
    created_at  TEXT NOT NULL
);

CREATE TABLE documents (
    id            TEXT PRIMARY KEY,
    course_id     TEXT NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    sha256        TEXT NOT NULL,
    name          TEXT NOT NULL,
    bytes         INTEGER NOT NULL,
    password      TEXT,
    status        TEXT NOT NULL,
    error_code    TEXT,
    error_detail  TEXT,
    media_type    TEXT,
    language      TEXT,
    pages         INTEGER,
    chunks        INTEGER,
    outline       TEXT NOT NULL DEFAULT '[]',
    warnings      TEXT NOT NULL DEFAULT '[]',
    created_at    TEXT NOT NULL,
    UNIQUE (course_id, sha256)
);

CREATE INDEX documents_by_sha256 ON documents (sha256);

CREATE TABLE jobs (
    id            TEXT PRIMARY KEY,
    document_id   TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    state         TEXT NOT NULL,
    stage         TEXT NOT NULL,
    done          INTEGER NOT NULL DEFAULT 0,
    total         INTEGER NOT NULL DEFAULT 0,
    error_code    TEXT,
    error_detail  TEXT,
    created_at    TEXT NOT NULL
);

CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_document ON jobs (document_id, id);

-- What a deletion left to remove from the indexes and the files, so that a kill in between loses nothing.
CREATE TABLE removals (
    document_id  TEXT PRIMARY KEY,
    sha256       TEXT NOT NULL
);
