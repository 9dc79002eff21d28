"""The models themselves, without Triton: layout detection, text recognition and the page pipeline over both."""
