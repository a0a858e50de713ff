package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin/wire/sigv4"
)

// Unsigned requests filled the disk of the log, 35,000 lines in four seconds.
func TestRefusedRequestsDoNotFillTheLog(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	h := NewHandler(&Local{}, sigv4.Verifier{
		Secret: func(context.Context, string) (string, bool, error) { return "", false, nil },
		Now:    func() time.Time { return now },
	}, slog.New(slog.NewTextHandler(&log, nil)))
	ask := func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Prefix+opSearch, strings.NewReader("{}")))
		if w.Code != http.StatusForbidden {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
	for range 1000 {
		ask()
	}
	now = now.Add(refusedEvery)
	ask()
	if lines := strings.Count(log.String(), "\n"); lines != 2 || !strings.Contains(log.String(), "more=999") {
		t.Errorf("%d lines:\n%.1000s", lines, &log)
	}
}
