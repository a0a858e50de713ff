package notify

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOneLine(t *testing.T) {
	for _, test := range []struct {
		in   string
		max  int
		want string
	}{
		{"", 10, ""},
		{"  a \r\n\t b  ", 10, "a b"},
		{"a\x00b\x1b[31mc", 40, "a\uFFFDb\uFFFD[31mc"},
		{"\u202egnp.exe", 40, "\uFFFDgnp.exe"},
		{"a\u200bb\u2028c", 40, "a\uFFFDb c"},
		{"\xffa", 40, "\uFFFDa"},
		{"abcdefghij", 10, "abcdefghij"},
		{"abcdefghijk", 10, "abcdefg..."},
		{"abcdef hijk", 10, "abcdef..."},
		{"ääääää", 10, "äää..."},
		{"日本語日本語", 10, "日本..."},
	} {
		if got := oneLine(test.in, test.max); got != test.want {
			t.Errorf("oneLine(%q, %d) = %q, want %q", test.in, test.max, got, test.want)
		}
	}
}

func TestInert(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"arn:aws:iam::111122223333:user/a":  "arn:aws:iam::111122223333:user/a",
		"http://a.example/x":                "hxxp[://]a.example/x",
		"see HTTPS://a.example":             "see hxxps[://]a.example",
		"http://a https://b ftp://c":        "hxxp[://]a hxxps[://]b ftp[://]c",
		"://":                               "[://]",
		"www.a.example":                     "www[.]a.example",
		"xwww.a.example, (WWW.b.example)":   "xwww.a.example, (www[.]b.example)",
		"mailto:a@b.example":                "mailto[:]a@b.example",
		"signin.amazonaws.com 198.51.100.7": "signin.amazonaws.com 198.51.100.7",
	} {
		if got := inert(in); got != want {
			t.Errorf("inert(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestBlot(t *testing.T) {
	secrets := []string{"p4ss/w rd", "", "abc", "token-0123456789"}
	for in, want := range map[string]string{
		"nothing here, abc":              "nothing here, abc",
		"p4ss/w rd":                      "***",
		"x p4ss%2Fw+rd p4ss%2Fw%20rd":    "x *** ***",
		"Basic cDRzcy93IHJk":             "Basic ***",
		"token-0123456789token-01234567": "******",
		"ends in tok":                    "ends in tok",
		"ends in toke":                   "ends in ***",
	} {
		if got := blot(in, secrets); got != want {
			t.Errorf("blot(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("a b", 3)
	f.Add("http://www.mailto:", 50)
	f.Add("\u202e\xff\r\n", 7)
	f.Fuzz(func(t *testing.T, s string, max int) {
		max = min(max&0xfff+3, 4000)
		line := oneLine(s, max)
		if len(line) > max || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return isInvisible(r) && r != utf8.RuneError }) {
			t.Errorf("oneLine(%q, %d) = %q", s, max, line)
		}
		if again := oneLine(line, max); again != line {
			t.Errorf("oneLine is not stable: %q, %q", line, again)
		}
		safe := strings.ToLower(inert(s))
		if strings.Contains(safe, "http://") || strings.Contains(safe, "https://") || strings.HasPrefix(safe, "www.") {
			t.Errorf("inert(%q) = %q", s, safe)
		}
		for _, shown := range []string{mrkdwn(s), code(s), inCode(s)} {
			if strings.ContainsAny(shown, "<>") {
				t.Errorf("%q is shown in Slack as %q", s, shown)
			}
		}
		if strings.Count(code(line), "`")%2 != 0 {
			t.Errorf("code(%q) does not end", line)
		}
		page := string(loose(s)) + string(whole(s)) + string(unbroken(s))
		for _, ours := range []string{"<span>", "</span>", "<wbr>", `<span style="white-space:nowrap">`} {
			page = strings.ReplaceAll(page, ours, "")
		}
		if strings.ContainsAny(page, `<>"'`) {
			t.Errorf("%q is shown in pages as %q", s, page)
		}
	})
}
