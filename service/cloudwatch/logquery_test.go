package cloudwatch

import (
	"testing"

	"tocsin/core/pattern"
)

func TestLogPattern(t *testing.T) {
	for query, want := range map[string]string{
		"":                           "",
		"fields @timestamp, a.b":     "",
		`filter @message like "x y"`: `"x y"`,
		`filter @message like 'a' and @message not like "b" | filter @message like "c"`: `"a" -"b" "c"`,
		`filter @message like "a" or @message like "b"`:                                 `?"a" ?"b"`,
		"filter @message like /a[bc]d/":                                                 "%a[bc]d%",
		`filter eventName = "x"`:                                                        `{ $.eventName = "x" }`,
		`filter userIdentity.type="Root" and ispresent(a.0.b-c)`:                        `{ ($.userIdentity.type = "Root") && ($.a[0].b-c = * || $.a[0].b-c IS TRUE || $.a[0].b-c IS FALSE) }`,
		`FILTER a = 1 OR b >= -2.5 and c != "z" | sort @timestamp desc`:                 `{ ($.a = 1) || (($.b >= -2.5) && ($.c != "z")) }`,
		`filter not (a = 1 or not b like "x")`:                                          `{ ($.a != 1) && ($.b = "*x*") }`,
		`filter a in ["x", 'y'] | filter b not in [1]`:                                  `{ (($.a = "x") || ($.a = "y")) && ($.b != 1) }`,
		"filter `k@v` =~ /^a/ and not ispresent(z)":                                     `{ ($.['k@v'] = %^a%) && ($.z NOT EXISTS) }`,
		`fields @timestamp | filter (a = "b|c") | display a`:                            `{ $.a = "b|c" }`,
	} {
		got, err := logPattern(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if p, err := pattern.Parse(want); err != nil || p.String() != got.String() {
			t.Errorf("%s: got %s, want %s (%v)", query, got, want, err)
		}
	}
	for query, want := range map[string]string{
		"limit 3":                            `tocsin knows the commands filter, fields, display and sort, and found "limit"`,
		"filter":                             `expected a field, found ""`,
		"filter a":                           `expected a comparison, found ""`,
		"filter a = ":                        `expected a text in quotes or a number, found ""`,
		"filter a = b":                       `expected a text in quotes or a number, found "b"`,
		"filter (a = 1":                      `expected ), found ""`,
		"filter a = 1 b = 2":                 `expected | or the end, found "b"`,
		`filter a > "x"`:                     `> compares with a number, not with "x"`,
		`filter a = "x*"`:                    "= cannot compare with a text that begins or ends with a star; use like",
		`filter @message = "x"`:              "of @message can be asked only what it is like",
		`filter @logStream like "x"`:         "of the fields that CloudWatch Logs adds only @message is known, not @logStream",
		`filter @message like "a" and b = 1`: "conditions on @message and on other fields cannot be joined",
		`filter a = "`:                       "cannot read \"\\\"\"",
	} {
		if _, err := logPattern(query); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

// FuzzLogPattern: no query makes the parser fail but by an error.
func FuzzLogPattern(f *testing.F) {
	for _, query := range []string{
		"", `fields a | filter b = "c" and not (d in [1, 2] or e like /f/) | sort g`, `filter @message like "x" or @message like 'y'`,
		"filter `a.b` =~ /c\\/d/", "filter not not not ispresent(a.0)",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		p, err := logPattern(query)
		if (p == nil) == (err == nil) {
			t.Errorf("%v, %v", p, err)
		}
	})
}
