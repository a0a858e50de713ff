package cloudwatchlogs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tocsin/store/state"
)

// maxName is how many characters names of groups, streams and filters have. [API]
const maxName = 512

// checkName checks a name of a log group or stream that has to be given.
func checkName(name *string, member, allowed string, ok func(rune) bool) error {
	switch {
	case name == nil:
		return missing(member)
	case *name == "":
		return constraint("", member, "Member must have length greater than or equal to 1")
	case utf8.RuneCountInString(*name) > maxName:
		return invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.")
	case strings.IndexFunc(*name, func(c rune) bool { return !ok(c) }) >= 0:
		return constraint(*name, member, "Member must satisfy regular expression pattern: "+allowed)
	}
	return nil
}

func checkGroupName(name *string, member string) error {
	return checkName(name, member, `[\.\-_/#A-Za-z0-9]+`, func(c rune) bool {
		return c < utf8.RuneSelf && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-_/#", c))
	})
}

func checkStreamName(name *string, member string) error {
	return checkName(name, member, `[^:*]*`, func(c rune) bool { return c != ':' && c != '*' })
}

// checkLimit checks the size of a page, 0 for none, and gives the one that holds.
func checkLimit(limit *int32, otherwise, most int) (int, error) {
	switch {
	case limit == nil:
		return otherwise, nil
	case *limit < 1:
		return 0, constraint(*limit, "limit", "Member must have value greater than or equal to 1")
	case int(*limit) > most:
		return 0, constraint(*limit, "limit", fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return int(*limit), nil
}

// checkEnum checks a member that takes some words only; "" is one that is not given.
func checkEnum[T ~string](value T, member string, values []T) error {
	if value == "" || slices.Contains(values, value) {
		return nil
	}
	return constraint(value, member, fmt.Sprintf("Member must satisfy enum value set: [%s]", joined(values)))
}

func joined[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}

// A groupName says which log group is meant.
type groupName struct {
	state.Scope
	name string
}

// ARN is that of the group, without the :* that some APIs add.
func (g groupName) ARN() string { return state.LogGroup{Scope: g.Scope, Name: g.name}.ARN() }

// read is the group of the name.
func (g groupName) read(ctx context.Context, tx *state.Tx) (state.LogGroup, error) {
	found, err := tx.LogGroup(ctx, g.Scope, g.name)
	return found, otherwise(err, noGroup())
}

// named is the caller's own log group of that name.
func named(ctx context.Context, name *string) (groupName, error) {
	if err := checkGroupName(name, "logGroupName"); err != nil {
		return groupName{}, err
	}
	return groupName{scopeOf(ctx), *name}, nil
}

// identified is the log group that a name or an ARN means, which may be another
// account's.
func identified(ctx context.Context, identifier, member string) (groupName, error) {
	if !strings.HasPrefix(identifier, "arn:") {
		if err := checkGroupName(&identifier, member); err != nil {
			return groupName{}, err
		}
		return groupName{scopeOf(ctx), identifier}, nil
	}
	g, rest, ok := parseARN(strings.TrimSuffix(identifier, ":*"))
	if !ok || rest != "" {
		return groupName{}, constraint(identifier, member, `Member must satisfy regular expression pattern: [\w#+=/:,.@-]*`)
	}
	return g, g.reached(ctx)
}

// reached refuses a log group of another Region than the one that is called, which
// policies may let nobody call. UNSURE how AWS refuses it.
func (g groupName) reached(ctx context.Context) error {
	if in := scopeOf(ctx).Region; g.Region != in {
		return invalid("The log group %s is not in the Region %s, which was called; call %s.", g.ARN(), in, g.Region)
	}
	return nil
}

// parseARN takes the ARN of a log group apart: rest is what stands behind its name.
func parseARN(arn string) (g groupName, rest string, ok bool) {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "logs" || parts[5] != "log-group" || checkGroupName(&parts[6], "") != nil {
		return g, "", false
	}
	g = groupName{state.Scope{Partition: parts[1], Region: parts[3], Account: parts[4]}, parts[6]}
	if len(parts) == 8 {
		rest = parts[7]
	}
	return g, rest, true
}

// either is the log group that one of two members means.
func either(ctx context.Context, name, identifier *string) (groupName, error) {
	switch {
	case name != nil && identifier != nil:
		return groupName{}, validation("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
	case identifier != nil:
		return identified(ctx, *identifier, "logGroupIdentifier")
	case name == nil:
		return groupName{}, validation("Either LogGroup name or LogGroup ARN is required.")
	}
	return named(ctx, name)
}
