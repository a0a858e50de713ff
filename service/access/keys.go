package access

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"tocsin/core/policy"
	"tocsin/service"
)

// requestKeys are the condition keys that every call has [IAM User Guide, global
// condition context keys]; those that tell of the principal package policy adds.
func requestKeys(c service.Caller) policy.Context {
	keys := policy.Context{
		"aws:CurrentTime":     {c.Time.UTC().Format(time.RFC3339)},
		"aws:EpochTime":       {strconv.FormatInt(c.Time.Unix(), 10)},
		"aws:SecureTransport": {strconv.FormatBool(c.TLS)},
		"aws:ViaAWSService":   {"false"},
	}
	if c.Region != "" {
		keys["aws:RequestedRegion"] = []string{c.Region}
	}
	if c.SourceIP.IsValid() {
		keys["aws:SourceIp"] = []string{c.SourceIP.String()}
	}
	if c.UserAgent != "" {
		keys["aws:UserAgent"] = []string{c.UserAgent}
	}
	if c.Session != nil {
		// Of keys that last, both are absent, not false.
		keys["aws:MultiFactorAuthPresent"] = []string{strconv.FormatBool(c.Session.MFA)}
		keys["aws:TokenIssueTime"] = []string{c.Session.Created.UTC().Format(time.RFC3339)}
	}
	return keys
}

// merged are the keys of every call with those of an action. What the gate
// knows itself is not for an action to change.
func merged(common, own policy.Context) policy.Context {
	if len(own) == 0 {
		return common
	}
	all := make(policy.Context, len(common)+len(own))
	known := make(map[string]bool, len(common))
	maps.Copy(all, common)
	for key := range common {
		known[strings.ToLower(key)] = true
	}
	for key, values := range own {
		if !known[strings.ToLower(key)] {
			all[key] = values
		}
	}
	return all
}
