"""The bounds that requests and records are checked against, each with its unit and source.

Bounds of parsing AWS's protocols are `wire.limits`.
"""

# Signatures. The gate's specification where AWS publishes none.
AUTHORIZATION_BYTES_MAX = 8 * 1024  # one header
SIGNED_HEADERS_MAX = 100  # as many as a request may have
QUERY_PARAMETERS_MAX = 100  # the gate's specification, limits
QUERY_WINDOW_SECONDS = 15 * 60  # IAM and STS, as their refusals say: `… - 15 min.`
JSON_WINDOW_SECONDS = 5 * 60  # every other API: 5 minutes either way
S3_WINDOW_SECONDS = 15 * 60  # S3 API reference: RequestTimeTooSkewed beyond 15 minutes
PRESIGNED_SECONDS_MAX = 604_800  # S3 API reference: seven days
POST_LENGTH_MAX = 10**13
"""A bound of a form's file, in bytes; ours, far above the largest upload."""
POST_POLICY_CHARACTERS_MAX = 22_528  # 16 KiB of policy, in base64; ours
CHUNK_LINE_BYTES_MAX = 256  # a chunk's size line with its signature is 89 bytes
CHUNK_BYTES_MAX = 1 << 30  # one chunk of data
TRAILER_BYTES_MAX = 4 * 1024  # the trailer section
TRAILERS_MAX = 8  # lines in it

# Sessions. STS API reference, AssumeRole.
SESSION_POLICY_CHARACTERS_MAX = 2_048
SESSION_POLICY_ARNS_MAX = 10
SESSION_TAGS_MAX = 50
SESSION_TAG_VALUE_CHARACTERS_MAX = 256  # STS API reference, Tag
SCOPE_DOWNS_MAX = 3  # STS API reference, GetScopedCredentials
SESSION_AHEAD_SECONDS_MAX = 15 * 60
"""How far ahead the clock may be that issued a session; ours, a signature's window."""
PACKED_SESSION_BYTES_MAX = 4_096  # AWS publishes no figure; see docs/decisions
PERCENT_MAX = 100
TOKEN_CHARACTERS_MAX = 12 * 1024  # the largest session, encrypted and in base64, with room
PORTAL_TOKEN_CHARACTERS_MAX = 1_024  # an access token of the portal has about 350; ours

# Encoded authorization messages. STS API reference, DecodeAuthorizationMessage; the time is ours.
ENCODED_MESSAGE_CHARACTERS_MAX = 10_240
ENCODED_MESSAGE_SECONDS = 24 * 60 * 60  # how long a refusal's message can be decoded; ours
REFERENCES_CHARACTERS_MAX = 2_048  # names and hashes of one kind of policy in a message; ours
RESOURCE_CHARACTERS_MAX = 512
"""Of a resource's name, and of an action's, in a message that is too long; ours."""
TRACED_STATEMENTS_MAX = 200  # listed when a message is decoded; ours
TRACED_CHARACTERS_MAX = 262_144  # of the documents whose lines are listed then; ours
SID_CHARACTERS_MAX = 128  # of a statement that decided, in a message; ours

# Policy documents. IAM user guide, "IAM and AWS STS quotas"; white space does not count.
DOCUMENT_CHARACTERS_MAX = 131_072  # the model's own bound of any document
QUESTION_CHARACTERS_MAX = 8 * 1024 * 1024  # a request with all its policies, as JSON; ours
DOCUMENT_DEPTH_MAX = 16  # the grammar needs six
DOCUMENT_VALUES_MAX = 5_000  # values of a document; ours, ReadOnlyAccess has some 3,000
COMPILED_VALUES_PER_STEP = 500
"""Values of a condition that are compiled in one step of the event loop; ours."""
COMPILED_STATEMENTS_PER_STEP = 100  # the same of statements; ours
SIMULATED_WORK_MAX = 7_000
"""Values and patterns of all policies in a simulation's parameters; ours, ReadOnlyAccess twice."""
SIMULATED_KEY_VALUES_MAX = 50
"""Values of one context key; ours, as many as a request may have tags."""
SIMULATED_COMPARISONS_MAX = 100_000  # those values times the work of these policies; ours
QUESTION_VALUES_MAX = 1_000_000  # values of a request with all its policies; ours
NUMBER_CHARACTERS_MAX = 400
"""A number that a condition compares; ours, longer than any double written out."""
MANAGED_POLICY_CHARACTERS_MAX = 6_144
SCP_BYTES_MAX = 10_240  # Organizations user guide, "Quotas"; white space counts
RCP_BYTES_MAX = 5_120  # the same
BUCKET_POLICY_BYTES_MAX = 20 << 10  # S3 user guide, "Bucket policies for Amazon S3"
POLICY_VERSIONS_MAX = 5
USER_INLINE_CHARACTERS_MAX = 2_048
GROUP_INLINE_CHARACTERS_MAX = 5_120
ROLE_INLINE_CHARACTERS_MAX = 10_240
TRUST_POLICY_CHARACTERS_MAX = 2_048
ATTACHED_POLICIES_MAX = 10

# Organizations. Organizations user guide, "Quotas and service limits for AWS Organizations".
ORGANIZATION_ACCOUNTS_MAX = 10  # the default; an operator may raise it
ORGANIZATIONAL_UNITS_MAX = 2_000
ORGANIZATIONAL_UNIT_DEPTH_MAX = 5
EMAIL_CHARACTERS_MIN, EMAIL_CHARACTERS_MAX = 6, 64  # of an account's root
HANDSHAKES_PER_DAY_MIN = 20  # or as many as accounts, if those are more
INVITATION_SECONDS = 15 * 24 * 60 * 60  # how long an invitation can be accepted
ALL_FEATURES_SECONDS = 90 * 24 * 60 * 60  # how long all features can be agreed to
FINISHED_HANDSHAKE_SECONDS = 30 * 24 * 60 * 60  # how long a handshake that has ended is listed
ACCOUNT_CREATIONS_MAX = 1_000  # requests that are listed, the newest; ours
CLOSED_ACCOUNT_SECONDS = 90 * 24 * 60 * 60  # how long a closed account can be reopened
CLOSURE_WINDOW_SECONDS = 30 * 24 * 60 * 60  # in which only so many accounts are closed
CLOSURES_MIN, CLOSURES_MAX, CLOSURES_PERCENT = 250, 1_000, 20

# IAM Identity Center. Ours: AWS publishes no figure, and has fewer regions.
INSTANCE_REGIONS_MAX = 50  # of one instance, the primary one included

# Billing transfers. AWS Billing user guide, "Quotas" and "Sending invitations" (billing transfers);
# two bounds are ours.
TRANSFERS_INBOUND_MAX = 1_000  # as far as AWS raises it; its default is none
TRANSFER_CHAIN_MAX = 2  # transfers in a row; ours
TRANSFER_NOTICE_SECONDS = 24 * 60 * 60  # an invitation must be accepted a day before it begins
TRANSFER_AHEAD_SECONDS_MAX = 366 * 24 * 60 * 60  # how far away a date may lie; ours

# Identity stores. IAM Identity Center user guide, "IAM Identity Center quotas", and the model of
# `identitystore`.
PEOPLE_MAX = 100_000  # of a store
PEOPLE_GROUPS_MAX = 100_000  # of a store
USER_NAME_CHARACTERS_MAX = 128
ATTRIBUTE_CHARACTERS_MAX = 1_024  # of any other text of a person or a group
PHOTOS_MAX = 3
FOLDED_USER_NAME_CHARACTERS_MAX = 512  # as it is compared; ours
FOLDED_TEXT_CHARACTERS_MAX = 4_096  # of a group's name and an e-mail address, the same; ours
REFUSED_RESOURCES_MAX = 10
"""Resources that the message of one refusal names; ours, a call may name a hundred groups."""
GROUP_REMOVALS_PER_COMMIT_MAX = 1_000
"""Memberships of a deleted group that one commit removes; ours, other commits wait for it."""

# Permission sets. IAM Identity Center user guide, "Quotas", and API reference.
PERMISSION_SETS_MAX = 3_500  # of an instance
PROVISIONED_SETS_MAX = 500  # permission sets in one account
PERMISSION_SET_POLICIES_MAX = 20  # managed policies, those of AWS and customers' together
PERMISSION_SET_INLINE_CHARACTERS_MAX = 10_240  # without white space, as a role's
PERMISSION_SET_SECONDS_MIN = 15 * 60  # AWS publishes one hour; a role's session has this bound
PERMISSION_SET_SECONDS_MAX = 12 * 60 * 60
SAML_PROVIDERS_MAX = 100  # of an account; IAM user guide, "IAM and AWS STS quotas"
PROVISIONED_PER_COMMIT_MAX = 50  # accounts of one permission set; ours, other changes wait
PROVISIONINGS_OUTSTANDING_MAX = 10  # of an instance, not finished by the call itself; ours
STATUS_REQUESTS_MAX = 1_000  # of one kind that an instance keeps, the newest; ours
STATUS_REQUEST_SECONDS = 7 * 24 * 60 * 60  # how long a finished one is kept; ours
FAILURE_REASON_CHARACTERS_MAX = 4_096
"""What a FailureReason says of accounts that failed; the rest is a number. Ours."""

# Commits. Ours.
COMMITS_KEPT = 10_000  # the newest: a node that lags by no more catches up by the log
COMMITS_TRIMMED_MAX = 5_000
"""Deleted from the log in one commit, which blocks other commits for a tenth of a second."""
INSTANCE_REMOVALS_PER_COMMIT_MAX = 500
"""Records of a deleted Identity Center instance that one commit removes; a job removes the rest."""

# Entities. The same page of the IAM user guide.
USERS_MAX = 5_000
GROUPS_MAX = 300
ROLES_MAX = 1_000
POLICIES_MAX = 1_500
GROUPS_PER_USER_MAX = 10
ACCESS_KEYS_MAX = 2
MFA_DEVICES_PER_USER_MAX = 8
TAGS_MAX = 50
