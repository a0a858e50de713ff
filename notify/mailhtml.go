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
		"loose":   loose,
		"grouped": grouped,
		"accent":  accent,
	}).ParseFS(mailFiles, "mail/"+name, "mail/shared.html"))
}

// render fills a page.
func render(page *template.Template, content any) (string, error) {
	var b strings.Builder
	err := page.Execute(&b, content)
	return b.String(), err
}

// loose is a text of the log in which mail programs see nothing to make a link
// of: its dots, at signs and what ends a scheme stand in elements of their own, which copying does
// not show.
func loose(s string) template.HTML {
	return template.HTML(loosener.Replace(template.HTMLEscapeString(s)))
}

var loosener = strings.NewReplacer(".", "<span>.</span>", "@", "<span>@</span>", "://", "<span>:</span>//")

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
