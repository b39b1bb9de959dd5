"""Why a request is allowed or refused: the decision again, with its reasons, for people.

In: `explain` (the evaluation of every statement), `required_allows` (which accounts and levels had
to allow), `absent_keys` (what a permission rests on), `trace` (an explanation as data, with
`statement_data` for one statement and `audience` for what a reader may see), `decoded_message`
(what an encoded authorization message contains), `question_files` (requests and policies as JSON).
Out: the decision (`decision`), mistakes in documents (`checks`).
Start reading at `explain`.
"""
