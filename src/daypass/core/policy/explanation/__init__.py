"""Why a call is allowed or refused: the decision again, with its reasons, for people.

In: `explain` (every statement that matters), `trace` (the same as data), `decoded` (what an encoded authorization message says), `question_files`
(questions that people write down).
Out: the decision itself (`decision`), mistakes in documents (`checks`).
Start reading at `explain`.
"""
