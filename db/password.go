package db

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"ringside/campaign"
)

// What a password's hash costs: of the settings of argon2id that OWASP's Password
// Storage Cheat Sheet holds to be equal, the one with the least memory but one. They
// stand in each hash, so that they can be raised for new ones.
const (
	hashMemoryKiB = 19 << 10
	hashPasses    = 2
	hashThreads   = 1
	hashBytes     = 32
	saltBytes     = 16
)

// Each hash holds hashMemoryKiB while it is made: so many are made at once, and so
// many more may wait.
const (
	hashingMost = 2
	waitingMost = 64
)

// hasher makes and checks hashes of passwords, few at a time.
type hasher struct {
	slots, places chan struct{}
}

func newHasher() *hasher {
	return &hasher{slots: make(chan struct{}, hashingMost), places: make(chan struct{}, hashingMost+waitingMost)}
}

// sum is argon2id, once it is this caller's turn: of the password in the Unicode form
// NFKC, as keyboards write one text in several forms (NIST SP 800-63B, 3.1.1.2).
func (h *hasher) sum(ctx context.Context, password string, salt []byte, passes, memoryKiB uint32, threads uint8) ([]byte, error) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return nil, &campaign.Error{Kind: campaign.Unavailable, Code: "signing_in_busy", Message: "too many people sign in at this moment; try again in a moment"}
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey(norm.NFKC.Bytes([]byte(password)), salt, passes, memoryKiB, threads, hashBytes), nil
}

// hashFormat is the usual text of such a hash, which says how it was made.
const hashFormat = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"

// hash makes the hash to keep of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	sum, err := h.sum(ctx, password, salt, hashPasses, hashMemoryKiB, hashThreads)
	return fmt.Sprintf(hashFormat, argon2.Version, hashMemoryKiB, hashPasses, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), err
}

// nobodys is the hash of no password. It is checked where there is no user, so that
// the time it takes does not tell.
var nobodys = fmt.Sprintf(hashFormat, argon2.Version, hashMemoryKiB, hashPasses, hashThreads,
	strings.Repeat("A", base64.RawStdEncoding.EncodedLen(saltBytes)), strings.Repeat("A", base64.RawStdEncoding.EncodedLen(hashBytes)))

// matches reports whether a kept hash is of the password; "" is of none.
func (h *hasher) matches(ctx context.Context, kept, password string) (bool, error) {
	of := kept
	if of == "" {
		of = nobodys
	}
	var version int
	var memoryKiB, passes uint32
	var threads uint8
	parts := strings.Split(of, "$")
	if len(parts) != 6 {
		return false, fmt.Errorf("a password's hash has %d parts", len(parts))
	}
	if _, err := fmt.Sscanf(strings.Join(parts[1:4], " "), "argon2id v=%d m=%d,t=%d,p=%d", &version, &memoryKiB, &passes, &threads); err != nil || version != argon2.Version {
		return false, fmt.Errorf("a password's hash is of an unknown kind, %s version %d: %w", parts[1], version, err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, password, salt, passes, memoryKiB, threads)
	return err == nil && kept != "" && subtle.ConstantTimeCompare(got, want) == 1, err
}
