package source_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/core/digest"
	"tocsin/source"
)

var noon = time.Date(2024, 3, 7, 12, 0, 0, 0, time.UTC)

// someKeys are valid from noon for an hour, the second from an hour later on;
// they are keys by their form only.
func someKeys() digest.Keys {
	keys := digest.Keys{}
	for i, value := range []string{"first", "second", "third"} {
		k := digest.PublicKey{Fingerprint: digest.Fingerprint([]byte(value)), Value: []byte(value)}
		if value != "third" {
			k.ValidFrom = noon.Add(time.Duration(i) * time.Hour)
			k.ValidTo = k.ValidFrom.Add(time.Hour)
		}
		keys[k.Fingerprint] = k
	}
	return keys
}

// values are the keys' contents, "first second third".
func values(keys digest.Keys) string {
	var said []string
	for _, value := range []string{"first", "second", "third"} {
		if _, there := keys[digest.Fingerprint([]byte(value))]; there {
			said = append(said, value)
		}
	}
	return strings.Join(said, " ")
}

func TestFixedKeysFitTheTime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, someKeys().AppendJSON(nil), 0o644); err != nil {
		t.Fatal(err)
	}
	keys, err := source.KeysOf(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to time.Duration // after noon, in minutes
		want     string
	}{
		{-20, -10, "third"}, {-20, 0, "first third"}, {10, 20, "first third"}, {60, 60, "first second third"}, {70, 200, "second third"}, {121, 122, "third"},
	} {
		got, err := keys.PublicKeys(t.Context(), "any", noon.Add(c.from*time.Minute), noon.Add(c.to*time.Minute))
		if err != nil || values(got) != c.want {
			t.Errorf("from %d to %d: %s, %v, want %s", c.from, c.to, values(got), err, c.want)
		}
	}
	if _, err := source.KeysOf(name + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(name, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := source.KeysOf(name); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("an empty file: %v", err)
	}
}

// asked counts how often keys are asked for.
type asked struct {
	source.FixedKeys
	times int
}

func (a *asked) PublicKeys(ctx context.Context, region string, start, end time.Time) (digest.Keys, error) {
	a.times++
	return a.FixedKeys.PublicKeys(ctx, region, start, end)
}

func TestCachedKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "cache")
	from := &asked{FixedKeys: source.FixedKeys(someKeys())}
	online, offline := source.CachedKeys{Dir: dir, From: from}, source.CachedKeys{Dir: dir}
	if _, err := offline.PublicKeys(t.Context(), "eu-west-1", noon, noon); err == nil || !strings.Contains(err.Error(), "--offline") {
		t.Errorf("nothing kept: %v", err)
	}
	for _, c := range []struct {
		keys source.PublicKeys
		at   time.Duration // minutes after noon
		want string
	}{
		{online, 30, "first third"},
		{offline, 30, "first third"},
		{offline, 90, "third"},
		{online, 90, "second third"},
		{offline, 30, "first third"}, // what was kept before is still there
		{offline, 90, "second third"},
	} {
		at := noon.Add(c.at * time.Minute)
		got, err := c.keys.PublicKeys(t.Context(), "eu-west-1", at, at)
		if err != nil || values(got) != c.want {
			t.Errorf("at %d: %s, %v, want %s", c.at, values(got), err, c.want)
		}
	}
	if from.times != 2 {
		t.Errorf("asked %d times", from.times)
	}
	for _, region := range []string{"../x", "", ".", "a/b"} {
		if _, err := online.PublicKeys(t.Context(), region, noon, noon); err == nil {
			t.Errorf("%q is taken for a Region", region)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "eu-west-1.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := offline.PublicKeys(t.Context(), "eu-west-1", noon, noon); err == nil {
		t.Error("a damaged cache is no error")
	}
}

// apiServer answers as CloudTrail does, and by its errors first.
func apiServer(t *testing.T, failures int) (calls *[]string) {
	t.Helper()
	calls = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			StartTime, EndTime int64
			NextToken          string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		operation := r.Header.Get("X-Amz-Target")
		operation = operation[strings.LastIndexByte(operation, '.')+1:]
		*calls = append(*calls, operation+in.NextToken)
		if r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || !strings.Contains(r.Header.Get("Authorization"), "/us-east-2/cloudtrail/aws4_request") {
			t.Errorf("headers %v", r.Header)
		}
		switch {
		case len(*calls) <= failures:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"com.amazonaws#ThrottlingException","message":"Rate exceeded"}`)
		case operation == "DescribeTrails":
			fmt.Fprint(w, `{"trailList":[{"TrailARN":"arn:b","S3BucketName":"x"},{"TrailARN":"arn:a","S3BucketName":"logs","S3KeyPrefix":"p","IsOrganizationTrail":true}]}`)
		case in.StartTime > in.EndTime:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"InvalidTimeRangeException","message":"The start time is after the end time."}`)
		case in.NextToken == "":
			fmt.Fprintf(w, `{"PublicKeyList":[{"Value":%q,"Fingerprint":%q,"ValidityStartTime":%d}],"NextToken":"2"}`,
				base64.StdEncoding.EncodeToString([]byte("first")), digest.Fingerprint([]byte("first")), in.StartTime)
		default:
			fmt.Fprintf(w, `{"PublicKeyList":[{"Value":%q,"Fingerprint":%q}]}`, base64.StdEncoding.EncodeToString([]byte("second")), digest.Fingerprint([]byte("second")))
		}
	}))
	t.Cleanup(server.Close)
	configure(t, map[string]string{
		"AWS_ENDPOINT_URL_CLOUDTRAIL": server.URL, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1",
	})
	return calls
}

// configure is all that the SDK finds of a configuration, whoever runs the test.
func configure(t *testing.T, values map[string]string) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	for name, value := range values {
		t.Setenv(name, value)
	}
}

func TestCloudTrail(t *testing.T) {
	calls := apiServer(t, 1)
	api, err := source.NewCloudTrail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := api.PublicKeys(t.Context(), "us-east-2", noon, noon.Add(time.Hour))
	if err != nil || values(keys) != "first second" || !keys[digest.Fingerprint([]byte("first"))].ValidFrom.Equal(noon) {
		t.Errorf("%v, %v", keys, err)
	}
	if got := strings.Join(*calls, " "); got != "ListPublicKeys ListPublicKeys ListPublicKeys2" {
		t.Errorf("called %s", got)
	}
	d, err := api.Trail(t.Context(), "us-east-2", "arn:a")
	if err != nil || d != (source.Delivery{Bucket: "logs", Prefix: "p", Organization: true}) {
		t.Errorf("%+v, %v", d, err)
	}
	var none *source.NoTrailError
	if _, err := api.Trail(t.Context(), "us-east-2", "arn:c"); !errors.As(err, &none) {
		t.Errorf("no such trail: %v", err)
	}
	var answered *source.APIError
	if _, err := api.PublicKeys(t.Context(), "us-east-2", noon, noon.Add(-time.Hour)); !errors.As(err, &answered) || answered.Code != "InvalidTimeRangeException" {
		t.Errorf("an error of the service: %v", err)
	}
}

// The Region is that of an object's name, which whoever may write to the bucket
// chooses: it must not lead to another host, which would give keys of its own.
func TestCloudTrailAsksNobodyElse(t *testing.T) {
	calls := apiServer(t, 0)
	api, err := source.NewCloudTrail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"", "x@evil.example/", "evil.example#", "eu-west-1.evil.example", "eu-west-1\x00", "EU-WEST-1", "..", "-"} {
		if keys, err := api.PublicKeys(t.Context(), region, noon, noon); err == nil || !strings.Contains(err.Error(), "is no Region") {
			t.Errorf("%q: %v, %v", region, keys, err)
		}
	}
	if len(*calls) > 0 {
		t.Errorf("called %v", *calls)
	}
}

// An answer that names itself as the next one ends.
func TestCloudTrailGoesNotInCircles(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"PublicKeyList":[],"NextToken":"again"}`)
	}))
	t.Cleanup(server.Close)
	apiServer(t, 0)
	t.Setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", server.URL)
	api, err := source.NewCloudTrail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.PublicKeys(t.Context(), "us-east-2", noon, noon); err == nil || !strings.Contains(err.Error(), "leads to itself") {
		t.Error(err)
	}
}
