"""AWS Identity and Access Management: users, groups, roles, policies, keys and devices, one file per noun."""
