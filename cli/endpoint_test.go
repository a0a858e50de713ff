package cli_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/app"
)

// endpoint is a server with some log files, in this process: its address, its
// root key, and its end.
func endpoint(t *testing.T) (url string, key app.RootKey, end func()) {
	t.Helper()
	dir := t.TempDir()
	trail := filepath.Join(dir, "trail")
	if err := os.Mkdir(trail, 0o700); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := run(t.Context(), "synth", "--story", "takeover", "--start", "3h", "--duplicates", "0", "--out", filepath.Join(trail, "a")); code != 0 {
		t.Fatal(errs)
	}
	c, err := app.Load(app.Setup{Getenv: func(string) string { return "" }, Flags: []app.Setting{
		{Flag: "--data", Key: "data", Text: filepath.Join(dir, "data")},
		{Flag: "--source", Key: "sources", Text: "dir:" + trail},
		{Flag: "--subscribe", Key: "subscribe", Text: "https://127.0.0.1:1/hook"},
		{Flag: "--listen", Key: "listen", Text: "127.0.0.1:0"},
		{Flag: "--console", Key: "console", Text: "off"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := app.New(t.Context(), c, app.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	running := true
	end = func() {
		if running {
			running = false
			stop()
			if err := <-ended; err != nil {
				t.Errorf("%v\n%s", err, &log)
			}
		}
	}
	t.Cleanup(end)
	return a.ListenURL(), a.First().RootKey, end
}

// as makes id and secret the credentials that the AWS configuration gives.
func as(t *testing.T, id, secret string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", id)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_SESSION_TOKEN", "")
	t.Setenv("AWS_PROFILE", "")
	nowhere := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", nowhere)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
}

// The look-ups ask a server that knows the key that they sign with, and say what
// is wrong where it does not.
func TestEndpoint(t *testing.T) {
	url, key, end := endpoint(t)
	as(t, key.ID, key.Secret)
	command := func(args ...string) (int, string, string) {
		t.Helper()
		return run(t.Context(), append(args, "--endpoint", url)...)
	}
	// Before the hook, at which nobody answers, is given up, which takes a minute.
	if code, out, errs := command("deliveries", "resend", "--all"); code != 0 || out != "nothing was given up: there is nothing to send again\n" {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	deadline := time.Now().Add(2 * time.Minute)
	for {
		code, out, errs := command("search", "--count", "")
		if code != 0 {
			t.Fatal(code, errs)
		}
		if out == "2000\n" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("of 2000 events there are %s", out)
		}
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"lookup", "--count", "EventName=StopLogging"}, "1\n"},
		{[]string{"lookup", "--output", "csv", "EventName=StopLogging"}, "cloudtrail.amazonaws.com,StopLogging,111122223333,eu-west-1,"},
		{[]string{"search", "--count", "--control", "kms-key-disable-or-delete"}, "1\n"},
		{[]string{"search", "--oldest-first", "--limit", "1", "--output", "json", `{ $.eventName = "StopLogging" }`}, `"eventName":"StopLogging"`},
		{[]string{"subscriptions", "list"}, "https  https://127.0.0.1:1/hook  waits for confirmation"},
		{[]string{"deliveries", "list", "--json"}, `"subject": "SubscriptionConfirmation"`},
		{[]string{"subscriptions", "confirm", "https://127.0.0.1:1/hook"}, "confirmed arn:aws:sns:us-east-1:000000000000:security-alarms:"},
		{[]string{"subscriptions", "list"}, "https  https://127.0.0.1:1/hook  confirmed"},
	} {
		code, out, errs := command(test.args...)
		if code != 0 || !strings.Contains(out, test.want) {
			t.Errorf("%q: exit code %d, want %q in\n%s%s", test.args, code, test.want, out, errs)
		}
	}
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"search", "{ $.a = }"}, 2, "expected a value"},
		{[]string{"search", "--log-group", "none", ""}, 2, `there is no log group "none"; there is aws-cloudtrail-logs`},
		{[]string{"subscriptions", "confirm", "a@example.com"}, 2, `nobody is subscribed as "a@example.com"`},
		{[]string{"subscriptions", "confirm", "arn:aws:sns:us-east-1:000000000000:security-alarms:none"}, 2, ""},
		{[]string{"deliveries", "resend", "4711"}, 2, "there is no delivery 4711"},
		{[]string{"deliveries", "list", "--status", "lost"}, 2, `there is no status "lost"; there is pending, delivered and dead`},
	} {
		code, out, errs := command(test.args...)
		if code != test.code || out != "" || !strings.Contains(errs, test.want) {
			t.Errorf("%q: exit code %d, want %d and %q in\n%s%s", test.args, code, test.code, test.want, out, errs)
		}
	}

	const remedy = "are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the root key"
	as(t, key.ID, "another")
	if code, _, errs := command("search", "--count", ""); code != 1 || !strings.Contains(errs, remedy) || strings.Contains(errs, "another") {
		t.Errorf("with another secret: exit code %d, %s", code, errs)
	}
	as(t, "AKIAIOSFODNN7EXAMPLE", key.Secret)
	if code, _, errs := command("lookup", "--count"); code != 1 || !strings.Contains(errs, remedy) || strings.Contains(errs, key.Secret) {
		t.Errorf("with another key: exit code %d, %s", code, errs)
	}
	as(t, "", "")
	if code, _, errs := command("lookup", "--count"); code != 1 || !strings.Contains(errs, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to its root key") {
		t.Errorf("without a key: exit code %d, %s", code, errs)
	}
	as(t, key.ID, key.Secret)
	end()
	if code, _, errs := command("search", "--count", ""); code != 1 || !strings.Contains(errs, url+" does not answer") {
		t.Errorf("with the server gone: exit code %d, %s", code, errs)
	}
}
