"""Jobs: documents that are read while nobody waits, by whichever gateway has time.

`Jobs` takes them in and tells how they are, `Runner` reads them, `Upkeep` brings back those whose gateway died.

All that a job is lies in files under JOBS_DIR (`JobStore`): they alone are the truth. The queue (`JobQueue`) only says
which is next, and may be lost. It is huey's, whose storage is one interface to Redis, for gateways that share jobs, and
to SQLite, for one machine; arq, RQ, saq and streaq want Redis, procrastinate and dbos an SQL server for more than one
machine. huey gives each message out once: that a job whose gateway was killed runs again is done here, by numbered
attempts.
"""
