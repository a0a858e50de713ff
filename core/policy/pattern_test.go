package policy

import (
	"regexp"
	"strings"
	"testing"
)

// oracle says in a regular expression what a pattern means. Mode as in modes.
func oracle(text, mode string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A(?:`)
	colons := 0
	runes := []rune(text)
	for i, r := range runes {
		inside := mode != "plain" && colons < 5
		ends := i+1 == len(runes) || runes[i+1] == ':'
		switch {
		case r == '*' && inside && !(mode == "resource" && ends):
			b.WriteString(`[^:]*`)
		case r == '*':
			b.WriteString(`.*`)
		case r == '?' && inside:
			b.WriteString(`[^:]`)
		case r == '?':
			b.WriteString(`.`)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		if r == ':' {
			colons++
		}
	}
	b.WriteString(`)\z`)
	return regexp.MustCompile(b.String())
}

func inMode(text, mode string) pattern {
	switch mode {
	case "resource":
		return plain(text).segmented(true)
	case "arn":
		return plain(text).segmented(false)
	}
	return plain(text)
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		mode, pattern, text string
		want                bool
	}{
		{"plain", "", "", true},
		{"plain", "*", "", true},
		{"plain", "?", "", false},
		{"plain", "?", "ü", true},
		{"plain", "sns:*", "sns:publish", true},
		{"plain", "sns:*lish", "sns:publish", true},
		{"plain", "*a*b*", "xaxbx", true},
		{"plain", "*a*b*", "xbxax", false},
		{"plain", "[a]", "a", false},
		{"resource", "arn:aws:s3:::logs/*", "arn:aws:s3:::logs/AWSLogs/1/x:y", true},
		{"resource", "arn:aws:s3:::logs/*/test/*", "arn:aws:s3:::logs/1/2/test/x", true},
		{"resource", "arn:aws:s3:::logs/*/test/*", "arn:aws:s3:::logs/1-test/x", false},
		{"resource", "arn:aws:s3:::log?", "arn:aws:s3:::logs", true},
		{"resource", "arn:aws:sns:*:123456789012:alarms", "arn:aws:sns:eu-west-1:123456789012:alarms", true},
		{"resource", "arn:aws:sns:*:123456789012:alarms", "arn:aws:sns:eu-west-1:1:123456789012:alarms", true}, // a * at the end of its segment spills
		{"resource", "arn:aws:sns:*1:123456789012:alarms", "arn:aws:sns:eu-west-1:1:123456789012:alarms", false},
		{"resource", "arn:aws:sns:eu?west-1:1:a", "arn:aws:sns:eu:west-1:1:a", false},
		{"resource", "arn:aws:sns:*", "arn:aws:sns:eu-west-1:1:a", true},
		{"arn", "arn:aws:sns:*", "arn:aws:sns:eu-west-1:1:a", false},
		{"arn", "arn:aws:cloudtrail:*:1:trail/*", "arn:aws:cloudtrail:eu-west-1:1:trail/a:b", true},
		{"arn", "arn:aws:cloudtrail:*:1:trail/*", "arn:aws:cloudtrail:eu:west:1:trail/a", false},
	} {
		if got := inMode(c.pattern, c.mode).match(c.text); got != c.want {
			t.Errorf("%s %q on %q: %v, want %v", c.mode, c.pattern, c.text, got, c.want)
		}
		if got := oracle(c.pattern, c.mode).MatchString(c.text); got != c.want {
			t.Errorf("oracle: %s %q on %q: %v, want %v", c.mode, c.pattern, c.text, got, c.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("arn:aws:s3:::logs/*/te?t/*", "arn:aws:s3:::logs/1/test/2")
	f.Add("a*b?:*:*c:*", "a:b:c:d:e:f:g")
	f.Add("*?*?*", "::")
	f.Fuzz(func(t *testing.T, p, text string) {
		if len(p) > 100 || len(text) > 200 {
			return
		}
		p, text = strings.ToValidUTF8(p, "?"), strings.ToValidUTF8(text, "x")
		for _, mode := range []string{"plain", "resource", "arn"} {
			if got, want := inMode(p, mode).match(text), oracle(p, mode).MatchString(text); got != want {
				t.Fatalf("%s %q on %q: %v, the oracle says %v", mode, p, text, got, want)
			}
		}
	})
}

func TestVariables(t *testing.T) {
	f := Request{Open: true, Context: Context{
		"aws:username": {"bob"}, "aws:PrincipalTag/team": {"a*"}, "many": {"x", "y"}, "none": nil,
	}}.facts()
	for _, c := range []struct {
		text, want string // want is the pattern in the notation of regular expressions
		gap        string
		state      Truth
	}{
		{"home/${aws:username}/*", `\A(?:home/bob/.*)\z`, "", Yes},
		{"${AWS:UserName}", `\A(?:bob)\z`, "", Yes},
		{"${aws:PrincipalTag/team}", `\A(?:a\*)\z`, "", Yes},
		{"${*}${?}${$}{", `\A(?:\*\?\$\{)\z`, "", Yes},
		{"${aws:username, 'x'}", `\A(?:bob)\z`, "", Yes},
		{"${none, 'all of us'}", `\A(?:all of us)\z`, "", Yes},
		{"${none,'*'}", `\A(?:\*)\z`, "", Yes},
		{"${none}", "", "none", No},
		{"${many}", "", "many", No},
		{"${many, 'x'}", "", "many", No},
		{"${other, 'x'}", "", "other", Maybe},
		{"${none}${other}", "", "other", Maybe},
		{"${open", `\A(?:\$\{open)\z`, "", Yes},
	} {
		p, gap, state := expand(c.text, f)
		got := ""
		if state == Yes {
			got = notation(p)
		}
		if got != c.want || gap != c.gap || state != c.state {
			t.Errorf("%s: %s, gap %q, %s; want %s, %q, %s", c.text, got, gap, state, c.want, c.gap, c.state)
		}
	}
}

// notation is a pattern as a regular expression.
func notation(p pattern) string {
	var b strings.Builder
	for _, t := range p {
		switch t.kind {
		case many:
			b.WriteString(".*")
		case one:
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(t.r)))
		}
	}
	return `\A(?:` + b.String() + `)\z`
}
