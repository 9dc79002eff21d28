"""Where documents come from: Base64 in JSON, a multipart upload, a URL. Each ends as one file on disk."""
