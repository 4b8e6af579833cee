-- The passages that the questions of a reading set are asked about.
ALTER TABLE quizzes ADD COLUMN passages TEXT NOT NULL DEFAULT '[]';
