package events

import (
	"errors"
	"strings"
	"testing"

	"tocsin/core/event"
)

func TestTokens(t *testing.T) {
	p := place{-5, event.ID{1, 2, 3}}
	for _, oldest := range []bool{true, false} {
		token := tokenOf(p, oldest)
		if got, err := parseToken(token, oldest); err != nil || got != p {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := parseToken(token, !oldest); !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), "direction") {
			t.Errorf("the other direction: %v", err)
		}
		for _, bad := range []string{"x", "%", token[1:], token[:len(token)-1], token + "A", "B" + token[1:], strings.ToUpper(token)} {
			if _, err := parseToken(bad, oldest); !errors.Is(err, ErrQuery) {
				t.Errorf("%q was taken: %v", bad, err)
			}
		}
	}
}

func TestBadQueries(t *testing.T) {
	f := newFixture(t, nil)
	for name, q := range map[string]Query{
		"too large a page": {Limit: MaxPage + 1},
		"less than none":   {Limit: -1},
		"attribute":        {Attributes: []Match{{Attribute: "EventNmae"}}},
		"token":            {After: "x"},
	} {
		if _, err := f.Search(t.Context(), q); !errors.Is(err, ErrQuery) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.CountBy(t.Context(), Query{}, "x", 0); !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), "AccessKeyId") {
		t.Errorf("count by an attribute that is none: %v", err)
	}
	if _, err := f.CountBy(t.Context(), Query{}, EventName, -1); !errors.Is(err, ErrQuery) {
		t.Errorf("stretches of less than nothing: %v", err)
	}
}

func TestNamedBy(t *testing.T) {
	const user = "arn:aws:iam::111122223333:user/dev/ann"
	for _, c := range []struct {
		arn, name string
		want      bool
	}{
		{user, user, true},
		{user, "user/dev/ann", true},
		{user, "dev/ann", true},
		{user, "ann", true},
		{user, "dev", false},
		{user, "", false},
		{user, "nn", false},
		{"arn:aws:s3:::b", "b", true},
		{"arn:aws:sns:eu-west-1:1:t", "t", true},
		{"arn:aws:logs:eu-west-1:1:log-group:g", "g", true},
		{"arn:aws:s3:::b/", "", false},
		{"no ARN", "no ARN", true},
		{"no/ARN", "ARN", false},
	} {
		if got := namedBy([]byte(c.arn), []byte(c.name)); got != c.want {
			t.Errorf("%q named %q: %v", c.arn, c.name, got)
		}
	}
}

func TestUserNames(t *testing.T) {
	for _, c := range []struct{ record, want string }{
		{`{"userIdentity":{"type":"IAMUser","userName":"ann"}}`, "ann"},
		{`{"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/s"}}`, "s"},
		{`{"userIdentity":{"type":"AssumedRole","principalId":"AROA1:s@example.com"}}`, "s@example.com"},
		{`{"userIdentity":{"type":"AssumedRole","principalId":"AROA1"}}`, ""},
		{`{"userIdentity":{"type":"Root"}}`, "root"},
		{`{"userIdentity":{"type":"Root","userName":"alias"}}`, "alias"},
		{`{"userIdentity":{"type":"AWSService","invokedBy":"x.amazonaws.com"}}`, ""},
		{`{"userIdentity":{"invokedBy":"x.amazonaws.com"}}`, ""},
		{`{}`, ""},
	} {
		var r record
		newTaker().take([]byte(c.record), &r)
		if got := string(r.text[userName]); got != c.want {
			t.Errorf("%s: %q, want %q", c.record, got, c.want)
		}
	}
}
