-- Questions that belong together, kept because their client asked for it. Who asked is not kept.
CREATE TABLE conversations (
    id          TEXT PRIMARY KEY,
    course_id   TEXT NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    -- Null until the first question names it.
    title       TEXT,
    created_at  TEXT NOT NULL,
    -- When it was last asked in.
    updated_at  TEXT NOT NULL
);

CREATE INDEX conversations_by_course ON conversations (course_id, id);

CREATE TABLE turns (
    conversation_id  TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    -- From 1; a turn keeps its number when older ones go.
    n                INTEGER NOT NULL,
    question         TEXT NOT NULL,
    mode             TEXT NOT NULL,
    -- The whole answer as the API gave it, JSON.
    answer           TEXT NOT NULL,
    -- The same answer among those of the course's insight, while it is there.
    answer_id        TEXT REFERENCES answers (id) ON DELETE SET NULL,
    created_at       TEXT NOT NULL,
    PRIMARY KEY (conversation_id, n)
);

CREATE INDEX turns_by_answer ON turns (answer_id);
