"""Read exams and who is registered for them from FS, the student system of Norway's universities (GraphQL)."""
