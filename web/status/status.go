// Package status is the page that shows how the chain fares: what rings, where
// log files come from and how late, who is told, and what could not be
// delivered. It changes nothing.
package status

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/topic"
	"tocsin/store/state"
)

// Options are what the page is made of.
type Options struct {
	State   *state.DB
	Sources func() []Source
	// Redact gives an endpoint without what is secret in it.
	Redact  func(p topic.Protocol, endpoint string) string
	Now     func() time.Time
	Version string
	Account string
}

// A Page serves the status page at every path that it is asked for.
type Page struct {
	o       Options
	started time.Time
}

// New is the page; what it calls the start is now.
func New(o Options) *Page { return &Page{o: o, started: o.Now()} }

//go:embed page.html
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"ago": ago, "bytes": size, "number": number, "per": per, "stamp": stamp, "tone": tone, "statusTone": statusTone, "short": short,
}).ParseFS(files, "page.html"))

// ServeHTTP answers with the page, or with 503 and why while the database is gone.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this page can only be read", http.StatusMethodNotAllowed)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	s, err := p.read(r.Context())
	if err != nil {
		header.Set("Refresh", "5")
		http.Error(w, "The database cannot be read; log files wait in their sources until it is back.\n\n"+err.Error(), http.StatusServiceUnavailable)
		return
	}
	var b bytes.Buffer
	if err := page.Execute(&b, s); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	if _, err := w.Write(b.Bytes()); err != nil {
		return // the browser has gone
	}
}

// ago is a stretch of time in its largest unit.
func ago(now, t time.Time) string {
	if t.IsZero() || t.UnixMilli() <= 0 {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < 0:
		return "in " + span(-d)
	case d < 5*time.Second:
		return "just now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int64(d / u.unit); n > 0 {
			if n > 1 {
				u.name += "s"
			}
			return fmt.Sprintf("%d %s", n, u.name)
		}
	}
	return "a moment"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func size(n int64) string {
	value, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if value < 1000 {
			break
		}
		value, unit = value/1000, next
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

// number groups digits by thousands.
func number(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func per(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func tone(s alarm.State) string {
	switch s {
	case alarm.InAlarm:
		return "bad"
	case alarm.OK:
		return "good"
	}
	return "idle"
}

func statusTone(s state.DeliveryStatus) string {
	switch s {
	case state.Dead:
		return "bad"
	case state.Delivered:
		return "good"
	}
	return "wait"
}

// short cuts a text to what a cell has room for.
func short(text string, room int) string {
	text = strings.ToValidUTF8(text, "")
	if runes := []rune(text); len(runes) > room {
		return string(runes[:room-1]) + "…"
	}
	return text
}
