package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// A session ends when nothing was asked in it for sessionIdle, a shift and a meal, and
// in any case sessionLasts after signing in, so that a token that was taken is of
// no use for good. Its last use is noted to the minute: each note is a commit.
const (
	sessionIdle  = 12 * time.Hour
	sessionLasts = 7 * 24 * time.Hour
	sessionNoted = time.Minute

	sessionCookie = "ringside"
)

// What is kept in a session.
const (
	sessionUser  = "user"
	sessionEpoch = "epoch" // of the user as they signed in
	sessionSince = "since_ms"
	sessionSeen  = "seen_ms"
)

type visitStore interface {
	// FindVisit returns what is kept of the session of that hash, unless it ended.
	FindVisit(ctx context.Context, tokenHash string) (data []byte, found bool, err error)
	// KeepVisit keeps a session, unless it was ended: then it stays so.
	KeepVisit(ctx context.Context, tokenHash string, data []byte, expires time.Time) error
	// EndVisit ends a session.
	EndVisit(ctx context.Context, tokenHash string) error
}

// visits is a visitStore as scs wants one.
type visits struct{ visitStore }

func (v visits) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return v.FindVisit(ctx, token)
}
func (v visits) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	return v.KeepVisit(ctx, token, data, expires)
}
func (v visits) DeleteCtx(ctx context.Context, token string) error { return v.EndVisit(ctx, token) }

func (v visits) Find(token string) ([]byte, bool, error) {
	return v.FindCtx(context.Background(), token)
}
func (v visits) Commit(token string, data []byte, expires time.Time) error {
	return v.CommitCtx(context.Background(), token, data, expires)
}
func (v visits) Delete(token string) error { return v.DeleteCtx(context.Background(), token) }

// newSessions makes the sessions of people. Their times are set by the server's own
// clock, as scs has only the system's. It is not scs.New, which begins a goroutine for
// a store of its own that nobody ends.
func newSessions(store visitStore) *scs.SessionManager {
	return &scs.SessionManager{Store: visits{store}, Codec: scs.GobCodec{}, Lifetime: sessionLasts, HashTokenInStore: true}
}

// visit loads the session that the request's cookie names, or a new one.
func (s *Server) visit(c *gin.Context) (context.Context, error) {
	token := ""
	if cookie, err := c.Request.Cookie(sessionCookie); err == nil {
		token = cookie.Value
	}
	return s.sessions.Load(c.Request.Context(), token)
}

// visitor returns who signed in with the request's session; ok is false where nobody
// did, or where the session ended or the user was disabled since.
func (s *Server) visitor(c *gin.Context) (key campaign.AccessKey, ok bool, err error) {
	if _, err := c.Request.Cookie(sessionCookie); err != nil {
		return key, false, nil
	}
	visit, err := s.visit(c)
	if err != nil {
		return key, false, err
	}
	id := s.sessions.GetString(visit, sessionUser)
	if id == "" {
		return key, false, nil
	}
	u, err := s.store.User(c.Request.Context(), id)
	if err != nil || u.DisabledMs != campaign.None || u.Epoch != s.sessions.GetInt64(visit, sessionEpoch) {
		if isNotFound(err) {
			err = nil
		}
		return key, false, err
	}
	s.note(c, visit)
	return u.Key(), true, nil
}

// note keeps that the session is in use. Where that cannot be stored, on a full disk
// for one, the request goes on: what it asks for is there to be read.
func (s *Server) note(c *gin.Context, visit context.Context) {
	now := s.now()
	if now.Sub(time.UnixMilli(s.sessions.GetInt64(visit, sessionSeen))) < sessionNoted {
		return
	}
	s.keepUntil(visit, now)
	if _, _, err := s.sessions.Commit(visit); err != nil && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(c, "the use of a session was not noted; it may end early", "request_id", requestID(c), "error", err)
	}
}

// keepUntil sets when a session that is used now ends.
func (s *Server) keepUntil(visit context.Context, now time.Time) {
	s.sessions.Put(visit, sessionSeen, now.UnixMilli())
	end := time.UnixMilli(s.sessions.GetInt64(visit, sessionSince)).Add(sessionLasts)
	if idle := now.Add(sessionIdle); idle.Before(end) {
		end = idle
	}
	s.sessions.SetDeadline(visit, end)
}

// enter signs a user in: under a new token, and whoever had the browser's session
// before is signed out.
func (s *Server) enter(c *gin.Context, u *campaign.User) error {
	visit, err := s.visit(c)
	if err != nil {
		return err
	}
	if err := s.sessions.RenewToken(visit); err != nil {
		return err
	}
	now := s.now()
	s.sessions.Put(visit, sessionUser, u.ID)
	s.sessions.Put(visit, sessionEpoch, u.Epoch)
	s.sessions.Put(visit, sessionSince, now.UnixMilli())
	s.keepUntil(visit, now)
	token, _, err := s.sessions.Commit(visit)
	if err != nil {
		return err
	}
	s.setCookie(c, token, int(sessionLasts/time.Second))
	return nil
}

// leave signs out whoever is signed in.
func (s *Server) leave(c *gin.Context) error {
	visit, err := s.visit(c)
	if err == nil {
		err = s.sessions.Destroy(visit)
	}
	if err == nil {
		s.setCookie(c, "", -1)
	}
	return err
}

func (s *Server) setCookie(c *gin.Context, token string, seconds int) {
	http.SetCookie(c.Writer, &http.Cookie{Name: sessionCookie, Value: token, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: c.Request.TLS != nil || strings.HasPrefix(s.publicURL, "https:")})
}

// ownAddress is where people reach this server: what it was told, or what the request
// says.
func (s *Server) ownAddress(r *http.Request) string {
	switch {
	case s.publicURL != "":
		return s.publicURL
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// localPath is a path of ours that a caller named to go on to, or "/". Nothing else
// may stand there: a link to signing in must not lead on to another site.
func localPath(next string) string {
	u, err := url.Parse(next)
	strange := strings.ContainsFunc(next, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f })
	if err != nil || strange || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return "/"
	}
	return next
}
