package cloudtrail

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/core/digest"
	"tocsin/service"
	"tocsin/store/state"
)

// A signingKey signs the digests of a Region while its period lasts.
type signingKey struct {
	Private []byte    `json:"private"` // PKCS #1
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
}

// signingKeys are they by fingerprint; they belong to a Region, whatever the account.
var signingKeys = state.Kind[signingKey]("trail-key")

// keyLasts is how long a key signs, keyBefore how long before its first use its
// period begins.
const (
	keyLasts  = 31 * 24 * time.Hour
	keyBefore = 24 * time.Hour
)

// keyScope is where the keys of a Region are.
func keyScope(in state.Scope) state.Scope {
	return state.Scope{Partition: in.Partition, Region: in.Region}
}

// keys are the keys of a Region, the first to begin first.
func (s *Service) keys(ctx context.Context, in state.Scope) (all []state.Resource[signingKey], err error) {
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		all, err = signingKeys.All(ctx, tx, keyScope(in))
		return err
	})
	slices.SortFunc(all, func(a, b state.Resource[signingKey]) int {
		return cmp.Or(a.Value.From.Compare(b.Value.From), cmp.Compare(a.Name, b.Name))
	})
	return all, err
}

// keyAt is the key that signs in a Region at a time; it is made when there is none.
func (s *Service) keyAt(ctx context.Context, in state.Scope, at time.Time) (*rsa.PrivateKey, error) {
	s.keyMade.Lock()
	defer s.keyMade.Unlock()
	all, err := s.keys(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Backward(all) {
		if !at.Before(k.Value.From) && at.Before(k.Value.To) {
			return x509.ParsePKCS1PrivateKey(k.Value.Private)
		}
	}
	key, err := s.o.NewKey()
	if err != nil {
		return nil, fmt.Errorf("make a key to sign digests: %w", err)
	}
	from := at.UTC().Truncate(24 * time.Hour).Add(-keyBefore)
	made := state.Resource[signingKey]{
		Scope: keyScope(in), Name: digest.NewSigner(key).PublicKey().Fingerprint, Created: s.o.Now(),
		Value: signingKey{x509.MarshalPKCS1PrivateKey(key), from, from.Add(keyLasts)},
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		_, err := signingKeys.Put(ctx, tx, made)
		return err
	})
	return key, err
}

// ListPublicKeys tells the keys that signed digests of the Region in a time.
func (s *Service) ListPublicKeys(ctx context.Context, in *cloudtrail.ListPublicKeysInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.ListPublicKeysOutput, error) {
	c, now := service.CallerOf(ctx), s.o.Now()
	if value(in.NextToken) != "" {
		return nil, &types.InvalidTokenException{Message: text("The token is not valid: there are no further pages.")}
	}
	// Without a start the key that signs now is meant.
	start, end := now, now
	if in.StartTime != nil {
		start = *in.StartTime
		set(&end, in.EndTime)
	}
	if start.After(end) {
		return nil, &types.InvalidTimeRangeException{Message: text("The start time must not be after the end time.")}
	}
	if !now.Before(start) && !now.After(end) {
		// There is always a key that signs now.
		if _, err := s.keyAt(ctx, c.Scope, now); err != nil {
			return nil, err
		}
	}
	all, err := s.keys(ctx, c.Scope)
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.ListPublicKeysOutput{PublicKeyList: []types.PublicKey{}}
	for _, k := range all {
		if k.Value.From.After(end) || !k.Value.To.After(start) {
			continue
		}
		key, err := x509.ParsePKCS1PrivateKey(k.Value.Private)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.Name, err)
		}
		public := digest.NewSigner(key).PublicKey()
		out.PublicKeyList = append(out.PublicKeyList, types.PublicKey{
			Value: public.Value, Fingerprint: &public.Fingerprint, ValidityStartTime: &k.Value.From, ValidityEndTime: &k.Value.To,
		})
	}
	return out, nil
}
