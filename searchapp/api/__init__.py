"""What every part of the API shares: errors, keys, scopes, throttles, paging, the OpenAPI document."""
