"""What crosses rooms: frozen records. The only imports are the standard library and Pydantic."""
