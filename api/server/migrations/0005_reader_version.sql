-- Which reader made the text that a document is searched and cited by.
ALTER TABLE documents ADD COLUMN reader_version INTEGER NOT NULL DEFAULT 1;

-- Whether a job reads a document again that is ready, and stays so until it is done.
ALTER TABLE jobs ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
