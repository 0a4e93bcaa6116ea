"""One SQLite file per profile: conversations, settings and their search index."""
