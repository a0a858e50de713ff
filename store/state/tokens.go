package state

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"
)

// A Token confirms or restores a subscription. Only its hash is stored.
type Token struct {
	Token        string
	Subscription Subscription // as it is, or was when it was removed
	Made         time.Time
}

// AddToken stores a token.
func (tx *Tx) AddToken(ctx context.Context, t Token) error {
	stored, err := encode(storeSubscription(t.Subscription))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO tokens (hash, subscription, made) VALUES ($1, $2, $3)
		ON CONFLICT (hash) DO UPDATE SET subscription = excluded.subscription, made = excluded.made`,
		hashToken(t.Token), stored, t.Made)
	return err
}

// TokenOf finds a token, or ErrNotFound.
func (tx *Tx) TokenOf(ctx context.Context, token string) (Token, error) {
	t, err := one(ctx, tx, func(r row) (t Token, err error) {
		var stored string
		var made int64
		if err := r.Scan(&stored, &made); err != nil {
			return t, err
		}
		t.Token, t.Made = token, instant(made)
		t.Subscription, err = readSubscription(stored)
		return t, err
	}, `SELECT subscription, made FROM tokens WHERE hash = $1`, hashToken(token))
	if err != nil {
		return Token{}, err
	}
	switch now, err := tx.Subscription(ctx, t.Subscription.ARN); {
	case err == nil:
		t.Subscription = now
	case !errors.Is(err, ErrNotFound):
		return Token{}, err
	}
	return t, nil
}

// PruneTokens removes tokens made before a time.
func (tx *Tx) PruneTokens(ctx context.Context, before time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM tokens WHERE made < $1`, before)
	return err
}

// hashToken is what is stored of a token. It is 96 random bytes long, so that no
// salt is needed.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
