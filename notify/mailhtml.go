package notify

import (
	"embed"
	"html/template"
	"strings"
)

//go:embed mail/*.html
var mailFiles embed.FS

// The pages of mails. html/template escapes whatever they show.
var (
	alarmPage        = parsePage("alarm.html")
	confirmationPage = parsePage("confirmation.html")
)

func parsePage(name string) *template.Template {
	return template.Must(template.New(name).Funcs(template.FuncMap{
		"loose":    loose,
		"whole":    whole,
		"unbroken": unbroken,
		"grouped":  grouped,
		"accent":   accent,
	}).ParseFS(mailFiles, "mail/"+name, "mail/shared.html"))
}

// render fills a page.
func render(page *template.Template, content any) (string, error) {
	var b strings.Builder
	err := page.Execute(&b, content)
	return b.String(), err
}

// whole is a text of the log in which mail programs see nothing to make a link of:
// its dots, at signs and what ends a scheme stand in elements of their own, which
// copying does not show.
func whole(s string) template.HTML {
	return template.HTML(loosener.Replace(template.HTMLEscapeString(s)))
}

var loosener = strings.NewReplacer(".", "<span>.</span>", "@", "<span>@</span>", "://", "<span>:</span>//")

// loose is such a text that may be broken where ARNs have joints.
func loose(s string) template.HTML {
	return template.HTML(jointed.Replace(template.HTMLEscapeString(s)))
}

var jointed = strings.NewReplacer(
	".", "<span>.</span>", "@", "<span>@</span>", "://", "<span>:</span>//", "::", "::<wbr>", ":", ":<wbr>", "/", "/<wbr>",
)

// unbroken is a command, which is not broken at the hyphens of flags and times.
func unbroken(s string) template.HTML {
	words := strings.SplitAfter(s, " ")
	for i, word := range words {
		escaped := string(whole(word))
		if strings.Contains(word, "-") && len(word) <= maxWhole {
			escaped = `<span style="white-space:nowrap">` + strings.TrimSuffix(escaped, " ") + `</span> `
		}
		words[i] = escaped
	}
	return template.HTML(strings.Join(words, ""))
}

// maxWhole is the length of a word of a command that fits in a line of a telephone.
const maxWhole = 30

// accent is the color of a state: of an alarm that rings, that of its severity.
func accent(s story) template.CSS {
	switch {
	case s.State == "OK":
		return "#079455"
	case s.State != ringing:
		return "#667085"
	}
	switch s.Severity {
	case "high":
		return "#d94a0a"
	case "medium":
		return "#b97808"
	case "low":
		return "#1f6fd6"
	}
	return "#c8281e"
}
