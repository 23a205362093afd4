"""The people under the policy: adherence, hardship, trust, break-outs, messages."""
