"""What `client` and `blueprint` read of an account through AWS's API, of Daypass or AWS.

In: `profile_clients` (session, region, retries, user agent), `api_calls` (paging, error codes),
users, groups and roles with their policies (`entities`), managed policies, the policies above an
account in its organization, and how tags and documents are written. Each function takes a botocore
client and makes only the calls that its answer needs. Out: temporary credentials
(`daypass.client`), changing anything and the organization file (`daypass.blueprint`), wording for
people. It loads botocore, so what answers an SDK from the cache must not import it. Start with
`entities`.
"""
