package cli_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/internal/freeport"
)

// awsEnv leaves nothing of the machine's own AWS configuration.
func awsEnv(t *testing.T) {
	t.Helper()
	nothing := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
		"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_ROLE_ARN": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "",
	} {
		t.Setenv(name, value)
	}
}

// trailBucket serves a bucket with so many log files of one event over HTTP,
// two keys on a page, and configures AWS for it by the environment. around may
// see to a request first.
func trailBucket(t *testing.T, files int, around func(http.ResponseWriter, *http.Request, http.Handler)) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("trail"); err != nil {
		t.Fatal(err)
	}
	for i := range files {
		key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/2023/07/10/111122223333_CloudTrail_eu-west-1_20230710T12%02dZ_%016d.json", i%60, i)
		text := fmt.Sprintf(`{"Records":[{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:05Z","eventID":"%d","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}]}`, i)
		if _, err := backend.PutObject("trail", key, nil, strings.NewReader(text), int64(len(text)), nil); err != nil {
			t.Fatal(err)
		}
	}
	s3 := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if query := r.URL.Query(); query.Get("list-type") == "2" {
			query.Set("max-keys", "2")
			r.URL.RawQuery = query.Encode()
		}
		if around != nil {
			around(w, r, s3)
			return
		}
		s3.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	awsEnv(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}

func TestScanOfABucket(t *testing.T) {
	trailBucket(t, 7, nil)
	code, out, errs := run(t.Context(), "scan", "s3://trail/AWSLogs/")
	if code != 3 || !strings.HasPrefix(out, "7 files · 7 events · ") || !strings.Contains(out, "cloudtrail-config-changes") || errs != "" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, out, errs = run(t.Context(), "search", "--output", "csv", "", "s3://trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2023/07/10/111122223333_CloudTrail_eu-west-1_20230710T1205Z")
	if code != 0 || strings.Count(out, "StopLogging") != 1 || !strings.Contains(out, ",s3://trail/AWSLogs/") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, _, errs = run(t.Context(), "scan", "s3://trail/nothing/")
	if want := "tocsin scan: no file in s3://trail/nothing/\n"; code != 1 || errs != want {
		t.Errorf("exit code %d: %s", code, errs)
	}
	code, _, errs = run(t.Context(), "scan", "s3://trial/AWSLogs/")
	if want := "tocsin scan: s3://trial/AWSLogs/: NoSuchBucket: "; code != 1 || !strings.HasPrefix(errs, want) || strings.Contains(errs, "RequestID") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestDeniedBucket(t *testing.T) {
	trailBucket(t, 1, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	})
	code, _, errs := run(t.Context(), "scan", "s3://trail/")
	if want := "tocsin scan: s3://trail/: AccessDenied: Access Denied; what is needed is s3:ListBucket"; code != 1 || !strings.HasPrefix(errs, want) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// The network is waited for by many at once.
func TestBucketIsReadManyFilesAtATime(t *testing.T) {
	const together = 16
	var waiting atomic.Int32
	all := make(chan struct{})
	trailBucket(t, together, func(w http.ResponseWriter, r *http.Request, s3 http.Handler) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".json") {
			if waiting.Add(1) == together {
				close(all)
			}
			select {
			case <-all:
			case <-r.Context().Done():
			}
		}
		s3.ServeHTTP(w, r)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	code, out, errs := run(ctx, "scan", "s3://trail/")
	if code != 3 || !strings.HasPrefix(out, "16 files · 16 events") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// The second page of the listing does not come before Ctrl-C.
func TestInterruptedListing(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	trailBucket(t, 7, func(w http.ResponseWriter, r *http.Request, s3 http.Handler) {
		if r.URL.Query().Get("continuation-token") != "" {
			interrupt()
			<-r.Context().Done()
			return
		}
		s3.ServeHTTP(w, r)
	})
	code, out, errs := run(ctx, "scan", "s3://trail/")
	if code != 1 || !strings.Contains(out, "interrupted: this is what was read until then") || strings.Contains(out+errs, "canceled") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, out, errs = run(ctx, "scan", "s3://trail/")
	if want := "tocsin scan: interrupted\n"; code != 1 || out != "" || errs != want {
		t.Errorf("before the first page: exit code %d\n%s%s", code, out, errs)
	}
}

func TestNoCredentials(t *testing.T) {
	awsEnv(t)
	const want = "tocsin scan: s3://trail/x: no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in"
	code, _, errs := run(t.Context(), "scan", "s3://trail/x")
	if code != 1 || !strings.HasPrefix(errs, want) {
		t.Errorf("exit code %d: %s", code, errs)
	}

	// A machine outside of AWS, where nobody answers for the instance's metadata: it
	// is asked for a token and then for a role, twice each, a second at a time.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return // it was closed
			}
			asked.Add(1)
			defer c.Close()
		}
	})
	t.Setenv("AWS_EC2_METADATA_DISABLED", "")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+silent.Addr().String())
	code, _, errs = run(t.Context(), "scan", "s3://trail/x")
	if code != 1 || !strings.HasPrefix(errs, want) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if err := silent.Close(); err != nil {
		t.Error(err)
	}
	accepting.Wait()
	if n := asked.Load(); n > 4 {
		t.Errorf("it was asked %d times", n)
	}
}

func TestNobodyAnswersForABucket(t *testing.T) {
	awsEnv(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://"+freeport.Address(t))
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	code, _, errs := run(t.Context(), "scan", "s3://trail/x")
	if code != 1 || !strings.HasPrefix(errs, `tocsin scan: s3://trail/x: Head "http://`) || !strings.Contains(errs, "refused") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
