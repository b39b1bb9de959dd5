"""AWS's protocols, compiled from botocore's service models: requests to values, answers to bytes.

In: finding a request's operation (`catalog`), its input and answer (`operation_model`, over
`protocols/`), the model's constraints (`validate`), pages (`paginate`), errors (`error_response`),
and botocore's model files (`model_files`, `botocore_model`). Out: reading requests from connections
(`server.http`), running operations (`services`); no rules about the values are here. Start with
`catalog`, then `operation_model`.
"""
