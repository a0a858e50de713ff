package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"tocsin/core/topic"
	"tocsin/notify"
)

// receivers are the ways to reach endpoints, which a reload replaces, with their
// attempts counted.
type receivers struct {
	now     atomic.Pointer[notify.Receivers]
	metrics *metrics
}

// set makes other receivers count. Attempts under way go on with those that were
// before.
func (r *receivers) set(fresh *notify.Receivers) {
	if before := r.now.Swap(fresh); before != nil {
		before.Close()
	}
}

func newReceivers(c *Config, roots *x509.CertPool) (*notify.Receivers, error) {
	o := notify.Options{Networks: c.Networks, Roots: roots, Proxy: http.ProxyFromEnvironment, AWS: &notify.AWS{Config: awsConfig}}
	if server := c.SMTP.URL.Reveal(); server != "" {
		o.Mail = &notify.Mail{
			Server: server, Password: c.SMTP.Password.Reveal(), TLS: c.SMTP.RequireTLS, From: c.SMTP.From, HELO: c.SMTP.Hello,
		}
	}
	if c.SMTP.CA != "" {
		trusted, err := authorities(c.SMTP.CA)
		if err != nil {
			return nil, err
		}
		o.Roots = trusted
	}
	made, err := notify.New(o)
	if err != nil {
		return nil, &FileError{Path: c.Path, Places: []Place{{Message: "smtp: " + err.Error()}}}
	}
	return made, nil
}

// authorities reads a PEM file with certificates.
func authorities(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &FileError{Places: []Place{{Message: fmt.Sprintf("smtp.ca: %v", err)}}}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, &FileError{Places: []Place{{Message: fmt.Sprintf("smtp.ca: %s holds no certificate in PEM form", path)}}}
	}
	return pool, nil
}

// awsConfig is the usual configuration of AWS for a Region.
func awsConfig(ctx context.Context, region string) (aws.Config, error) {
	return awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region))
}

// For is that of deliver.Receivers.
func (r *receivers) For(p topic.Protocol) (notify.Receiver, bool) {
	receiver, ok := r.now.Load().For(p)
	if !ok {
		return nil, false
	}
	return counted{receiver, p, r.metrics}, true
}

// Enqueue is that of deliver.DeadLetters.
func (r *receivers) Enqueue(ctx context.Context, queue string, m topic.QueueMessage) notify.Result {
	return r.now.Load().Enqueue(ctx, queue, m)
}

func (r *receivers) close() {
	if now := r.now.Load(); now != nil {
		now.Close()
	}
}

// counted counts the attempts of a receiver.
type counted struct {
	notify.Receiver
	protocol topic.Protocol
	metrics  *metrics
}

func (c counted) Send(ctx context.Context, n notify.Note) notify.Result {
	began := time.Now()
	result := c.Receiver.Send(ctx, n)
	if !errors.Is(ctx.Err(), context.Canceled) {
		c.metrics.attempted(c.protocol, result.Answer, time.Since(began))
	}
	return result
}
