-- The generator or adapter that a course's answers and quizzes are made with; null: the settings' generator.
ALTER TABLE courses ADD COLUMN model TEXT;
