// Package links serves what the links in messages lead to: SNS's links that
// confirm and unsubscribe, the pages that mails lead to, and the certificate that
// belongs to the signatures.
//
// Programs follow SNS's own links with GET, so these act at once, as SNS does.
// Links in mails are followed by scanners before anybody reads the mail, so these
// lead to a page, and only its button acts. The button of a mail program for
// List-Unsubscribe (RFC 8058) is a POST to the same address.
//
// Nobody is asked who he is: a token, or the ARN of a subscription, which holds a
// random id, is known to who received the message.
package links

import (
	"errors"
	"log/slog"
	"net/http"

	"tocsin/core/topic"
	"tocsin/store/roster"
)

// Options are what the links work on.
type Options struct {
	Roster *roster.Roster
	Signer *roster.Signer
	Log    *slog.Logger // nil for slog's default
}

// A Handler serves the links.
type Handler struct {
	roster *roster.Roster
	signer *roster.Signer
	log    *slog.Logger
	mux    *http.ServeMux
}

// The paths of the pages, as topic.Site has them.
const (
	confirmPath     = "/confirmation.html"
	unsubscribePath = "/unsubscribe.html"
)

// maxBody bounds what a request may hold; nothing in it counts.
const maxBody = 4 << 10

// New is a handler that serves the paths of a topic.Site, from its root.
func New(o Options) *Handler {
	h := &Handler{roster: o.Roster, signer: o.Signer, log: o.Log, mux: http.NewServeMux()}
	if h.log == nil {
		h.log = slog.Default()
	}
	h.mux.HandleFunc("GET /{$}", h.action)
	h.mux.HandleFunc("GET "+confirmPath, h.askToConfirm)
	h.mux.HandleFunc("POST "+confirmPath, h.confirm)
	h.mux.HandleFunc("GET "+unsubscribePath, h.askToUnsubscribe)
	h.mux.HandleFunc("POST "+unsubscribePath, h.unsubscribe)
	h.mux.HandleFunc("GET "+h.signer.CertificatePath(), h.certificate)
	return h
}

// Serves tells whether the request is for a link, where others are served too:
// an unsigned GET for one of the two actions, a page, or the certificate.
func (h *Handler) Serves(r *http.Request) bool {
	switch r.URL.Path {
	case "/":
		action := r.URL.Query().Get("Action")
		return r.Method == http.MethodGet && r.Header.Get("Authorization") == "" && !r.URL.Query().Has("X-Amz-Signature") &&
			(action == confirmAction || action == unsubscribeAction)
	case confirmPath, unsubscribePath, h.signer.CertificatePath():
		return true
	}
	return false
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	h.mux.ServeHTTP(w, r)
}

// certificate serves the certificate, which does not change.
func (h *Handler) certificate(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	// What cannot be written has nobody to read it.
	_, _ = w.Write(h.signer.CertificatePEM())
}

// refusal is why the roster refused, or nil when it did not: then the fault is
// ours, and goes to the log.
func (h *Handler) refusal(r *http.Request, err error) *topic.InvalidError {
	var invalid *topic.InvalidError
	if errors.As(err, &invalid) {
		return invalid
	}
	// The query, which has the token, stays out of the log.
	h.log.Error("a link could not be served", "path", r.URL.Path, "error", err)
	return nil
}
