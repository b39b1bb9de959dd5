"""Reading an account's IAM and organization through the AWS API, of Daypass or of AWS itself.

In: botocore clients of a profile (`profile_clients`), paging and error codes (`api_calls`), users,
groups and roles with their policies (`entities`), managed policies (`managed_policies`), the SCPs
and RCPs that apply to an account (`control_policies`), the formats of tags and documents. Each
function takes a botocore client and makes only the calls that its answer needs. Out: temporary
credentials (`daypass.client`), changes and the organization file (`daypass.blueprint`), texts for
people. It loads botocore, so the code that answers an SDK from the cache must not import it. Start
with `entities`.
"""
