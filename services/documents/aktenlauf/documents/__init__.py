"""Evidence: upload, recognition, page images, storage, delivery of content."""
