package iam

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/core/policy"
	"tocsin/service/identity"
)

// A form is what values of a member look like.
type form struct {
	min, max int // characters
	pattern  *regexp.Regexp
	shown    string // the pattern as AWS writes it
}

func pattern(minimum, maximum int, text string) form {
	return form{minimum, maximum, regexp.MustCompile(`^(?:` + text + `)$`), text}
}

// The forms of the members [IAM API Reference, each operation].
var (
	anyName64    = pattern(1, 64, `[\w+=,.@-]+`)
	anyName128   = pattern(1, 128, `[\w+=,.@-]+`)
	pathForm     = form{min: 1, max: 512, pattern: regexp.MustCompile(`^/$|^/[!-~]+/$`), shown: `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`}
	policyPath   = pattern(1, 512, `((/[A-Za-z0-9\.,\+@=_-]+)*)/`)
	prefixForm   = form{min: 1, max: 512, pattern: regexp.MustCompile(`^/[!-\x7f]*$`), shown: `\u002F[\u0021-\u007F]*`}
	arnForm      = form{min: 20, max: 2048}
	keyIDForm    = pattern(16, 128, `[\w]+`)
	documentForm = form{min: 1, max: policy.MaxText, pattern: regexp.MustCompile(`^[\t\n\r -\x{ff}]+$`), shown: `[\u0009\u000A\u000D\u0020-\u00FF]+`}
	description  = form{max: 1000, pattern: regexp.MustCompile(`^[\t\n\r -~\x{a1}-\x{ff}]*$`), shown: `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`}
	plain1000    = form{max: 1000}
	versionForm  = pattern(1, 128, `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	aliasForm    = pattern(3, 63, `[a-z0-9]([a-z0-9]|-[a-z0-9])*`)
	tagKey       = form{min: 1, max: 128, pattern: regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`), shown: `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`}
	tagValue     = form{max: 256, pattern: regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`), shown: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`}
)

// Checks collect what is wrong with an input, to be said all at once.
type checks struct{ wrong []string }

// text checks a member that must be given.
func (c *checks) text(member string, v *string, f form) *checks {
	if v == nil {
		c.wrong = append(c.wrong, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", member))
		return c
	}
	return c.optional(member, v, f)
}

// optional checks a member that may be left out.
func (c *checks) optional(member string, v *string, f form) *checks {
	if v == nil {
		return c
	}
	fails := func(format string, a any) {
		c.wrong = append(c.wrong, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: Member must ", shorten(*v), member)+fmt.Sprintf(format, a))
	}
	length := utf8.RuneCountInString(*v)
	switch {
	case length < f.min:
		fails("have length greater than or equal to %d", f.min)
	case length > f.max:
		fails("have length less than or equal to %d", f.max)
	case f.pattern != nil && !f.pattern.MatchString(*v):
		fails("satisfy regular expression pattern: %s", f.shown)
	}
	return c
}

func shorten(text string) string { return strings.ToValidUTF8(text[:min(len(text), 200)], "") }

// between checks a number that may be left out.
func (c *checks) between(member string, v *int32, low, high int32) *checks {
	switch {
	case v == nil:
	case *v < low:
		c.wrong = append(c.wrong, fmt.Sprintf("Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", *v, member, low))
	case *v > high:
		c.wrong = append(c.wrong, fmt.Sprintf("Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", *v, member, high))
	}
	return c
}

// oneOf checks a value of an enumeration; "" is left out.
func oneOf[E ~string](c *checks, member string, v E, values []E) *checks {
	if v == "" {
		return c
	}
	all := make([]string, len(values))
	for i, one := range values {
		if v == one {
			return c
		}
		all[i] = string(one)
	}
	c.wrong = append(c.wrong, fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", shorten(string(v)), member, strings.Join(all, ", ")))
	return c
}

// paging checks the members of every list.
func (c *checks) paging(marker *string, items *int32) *checks {
	return c.optional("marker", marker, form{min: 1, max: 2048}).between("maxItems", items, 1, 1000)
}

// tags checks tags that are to be set.
func (c *checks) tags(tags []types.Tag) *checks {
	if len(tags) > maxTags {
		c.wrong = append(c.wrong, fmt.Sprintf("Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags))
		return c
	}
	for i, t := range tags {
		c.text(fmt.Sprintf("tags.%d.member.key", i+1), t.Key, tagKey).text(fmt.Sprintf("tags.%d.member.value", i+1), t.Value, tagValue)
	}
	return c
}

// err is AWS's error about all that is wrong, or nil.
func (c *checks) err() error {
	switch n := len(c.wrong); n {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", c.wrong[0])
	default:
		return invalid("%d validation errors detected: %s", n, strings.Join(c.wrong, "; "))
	}
}

func check() *checks { return &checks{} }

// maxTags is how many tags a thing may have.
const maxTags = 50

// newTags are tags to be set on what has none yet.
func newTags(given []types.Tag) ([]identity.Tag, error) { return addTags(nil, given, "") }

// addTags sets tags among others. Of their keys the case does not matter; what was
// given last counts, spelling included.
func addTags(have []identity.Tag, given []types.Tag, quota string) ([]identity.Tag, error) {
	seen := map[string]bool{}
	for _, t := range given {
		key := strings.ToLower(*t.Key)
		switch {
		case seen[key]:
			return nil, wrongInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		case strings.HasPrefix(key, "aws:"):
			return nil, wrongInput("Tags that begin with aws: are reserved for AWS.")
		}
		seen[key] = true
	}
	var all []identity.Tag
	for _, t := range have {
		if !seen[strings.ToLower(t.Key)] {
			all = append(all, t)
		}
	}
	for _, t := range given {
		all = append(all, identity.Tag{Key: *t.Key, Value: *t.Value})
	}
	if len(all) > maxTags {
		return nil, limit("Cannot exceed quota for TagsPer%s: %d", quota, maxTags)
	}
	return all, nil
}
