package blob_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"tocsin/store/blob"
)

// newS3 is a store in an S3 API over real HTTP, in memory.
func newS3(t *testing.T, prefix string) *blob.S3 {
	t.Helper()
	store, err := blob.NewS3(client(t, func(h http.Handler) http.Handler { return h }), "segments", prefix)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// client is one of a server with an empty bucket, behind whatever before makes of it.
func client(t *testing.T, before func(http.Handler) http.Handler) *s3.Client {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("segments"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(before(gofakes3.New(backend).Server()))
	t.Cleanup(server.Close)
	return s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		DisableLogOutputChecksumValidationSkipped: true,
	})
}
