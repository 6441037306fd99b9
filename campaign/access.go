package campaign

// AccessKey is a key as it is kept: of the secret only a hash.
type AccessKey struct {
	ID        string
	Role      string
	Label     string
	CreatedMs int64
	RevokedMs int64 // None while it is good
}
