package cli

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":             "plain text",
		"Grüße 日本 🙂":             "Grüße 日本 🙂",
		"\x1b[31mred\x1b[0m":     `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\a":         `\x1b]0;title\x07`,
		"a\r\nb\tc":              `a\r\nb\tc`,
		"\u009b31m":              `\u009b31m`, // the one-character form of ESC [
		"\x9b31m":                `\x9b31m`,
		"user\u202egnp.exe":      `user\u202egnp.exe`, // right to left from here
		"zero\u200bwidth":        `zero\u200bwidth`,
		"line\u2028separator":    `line\u2028separator`,
		"del\x7f":                `del\x7f`,
		"tag \U000e0041":         `tag \U000e0041`,
		"broken \xff\xfe":        `broken \xff\xfe`,
		"replacement \ufffd too": "replacement \ufffd too",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanLeavesNothingDangerous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		got := clean(in)
		if !utf8.ValidString(got) {
			t.Fatalf("clean(%q) = %q is not valid UTF-8", in, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("clean(%q) = %q holds %U", in, got, r)
			}
		}
	})
}

func TestCut(t *testing.T) {
	for _, row := range []struct {
		text         string
		columns      int
		want, middle string
	}{
		{"abcdefgh", 8, "abcdefgh", "abcdefgh"},
		{"abcdefgh", 6, "abcde…", "ab…fgh"},
		{"日本語テキスト", 8, "日本語…", "日…スト"},
		{"ab", 1, "…", "…"},
	} {
		if got := cut(row.text, row.columns); got != row.want {
			t.Errorf("cut(%q, %d) = %q, want %q", row.text, row.columns, got, row.want)
		}
		if got := cutMiddle(row.text, row.columns); got != row.middle {
			t.Errorf("cutMiddle(%q, %d) = %q, want %q", row.text, row.columns, got, row.middle)
		}
	}
}

func TestCutFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := clean(rapid.String().Draw(t, "text"))
		columns := rapid.IntRange(1, 40).Draw(t, "columns")
		for _, got := range []string{cut(text, columns), cutMiddle(text, columns), cutStart(text, columns)} {
			if width(got) > columns {
				t.Fatalf("%q in %d columns: %q takes %d", text, columns, got, width(got))
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		thousands(0):                                  "0",
		thousands(999):                                "999",
		thousands(1000):                               "1,000",
		thousands(-1234567):                           "-1,234,567",
		count(1, "event"):                             "1 event",
		count(0, "event"):                             "0 events",
		count(2900, "event"):                          "2,900 events",
		size(312):                                     "312 B",
		size(3_456_789):                               "3.5 MB",
		size(999_999):                                 "1.0 MB",
		size(47_000_000_000):                          "47 GB",
		elapsed(85 * time.Millisecond):                "85 ms",
		elapsed(1234 * time.Millisecond):              "1.2 s",
		elapsed(12345 * time.Millisecond):             "12 s",
		elapsed(56 * time.Minute):                     "56m",
		elapsed(59*time.Minute + 59*time.Second):      "59m 59s",
		elapsed(200 * time.Minute):                    "3h 20m",
		elapsed(24 * time.Hour):                       "1d",
		elapsed(12*24*time.Hour + 4*time.Hour + 1000): "12d 4h",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "''",
		"logs/2023":            "logs/2023",
		"s3://bucket/prefix":   "s3://bucket/prefix",
		"2023-07-10T12:00:00Z": "2023-07-10T12:00:00Z",
		"my logs":              "'my logs'",
		`{ $.a = "*" }`:        `'{ $.a = "*" }'`,
		"it's":                 `'it'\''s'`,
		"~/x":                  "'~/x'",
		"a\nb":                 `$'a\012b'`,
		"\x1b[m'\\":            `$'\033[m\'\\'`,
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestShellReadsItBack(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to ask")
	}
	var args []string
	line := "printf '%s\\0'"
	for _, arg := range []string{
		"", "plain", "my logs", `{ $.a = "x*" && $.b != 'y' }`, "it's", "a\nb\tc", "\x1b[31m", "$HOME `id` $(id)", "!x", "日本", "\xff", "*", "#x", "a;b", `\`, "-x",
	} {
		args = append(args, arg)
		line += " " + shellQuote(arg)
	}
	out, err := exec.Command(bash, "-c", line).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), strings.Join(args, "\x00")+"\x00"; got != want {
		t.Errorf("the shell read\n%q, want\n%q", got, want)
	}
}

func TestEscapedJSONMeansTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text") + "\u009b\u202e\x7f\U000e0041\ufffd"
		var out strings.Builder
		if err := writeJSON(&out, want); err != nil {
			t.Fatal(err)
		}
		for _, r := range strings.TrimSuffix(out.String(), "\n") {
			if !printable(r) {
				t.Fatalf("%q holds %U", out.String(), r)
			}
		}
		var got string
		if err := json.Unmarshal([]byte(out.String()), &got); err != nil || got != want {
			t.Fatalf("%q reads back as %q (%v)", want, got, err)
		}
	})
}
