package auth

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// user is one line of the users file.
type user struct {
	name   string
	hash   *passwordHash
	groups []string
}

// maxUsersBytes bounds the users file.
const maxUsersBytes = 4 << 20

// parseUsers reads a users file: "name:hash:group,group" per line, empty lines
// and lines that start with "#" ignored. All faults are reported.
func parseUsers(path string, text []byte) (map[string]*user, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s: the file is not valid UTF-8", path)
	}
	users := map[string]*user{}
	var faults []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		u, err := parseUser(line)
		switch {
		case err != nil:
			faults = append(faults, fmt.Sprintf("%s:%d: %v", path, n, err))
		case users[u.name] != nil:
			faults = append(faults, fmt.Sprintf("%s:%d: the user %q is there twice", path, n, u.name))
		default:
			users[u.name] = u
		}
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Sprintf("%s: %v", path, err))
	}
	if faults != nil {
		return nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	return users, nil
}

func parseUser(line string) (*user, error) {
	parts := strings.Split(line, ":")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" {
		return nil, fmt.Errorf("a line has the form name:hash or name:hash:group,group")
	}
	if len(parts[0]) > 256 || strings.ContainsFunc(parts[0], func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, fmt.Errorf("the user name has more than 256 bytes, a space or a control character")
	}
	h, err := parseHash(parts[1])
	if err != nil {
		return nil, fmt.Errorf("user %q: %w", parts[0], err)
	}
	u := &user{name: parts[0], hash: h}
	if len(parts) == 3 {
		for _, g := range strings.Split(parts[2], ",") {
			if g = strings.TrimSpace(g); g != "" && !slices.Contains(u.groups, g) {
				u.groups = append(u.groups, g)
			}
		}
	}
	return u, nil
}

// verifiedFor is how long a name and password that were verified once pass
// without hashing again, and maxVerified how many such pairs are remembered.
const (
	verifiedFor = 5 * time.Minute
	maxVerified = 10_000
	// usersEvery is how often the file is looked at for changes.
	usersEvery = 10 * time.Second
)

type proof [sha256.Size]byte

// directory is the users file with its memory of verified pairs.
type directory struct {
	path  string
	clock func() time.Time
	key   [32]byte      // of this process, for the memory
	slots chan struct{} // bounds hashing at once, since one takes 64 MiB
	decoy *passwordHash // verified for unknown names, so time tells nothing

	mu       sync.RWMutex
	users    map[string]*user
	modified time.Time
	size     int64
	looked   time.Time
	verified map[proof]time.Time // until when
}

func openDirectory(path string, clock func() time.Time, slots int) (*directory, error) {
	d := &directory{path: path, clock: clock, slots: make(chan struct{}, slots), verified: map[proof]time.Time{}}
	rand.Read(d.key[:]) // never fails: the runtime ends the process instead
	text, err := HashPassword("a password that nobody has")
	if err != nil {
		return nil, err
	}
	if d.decoy, err = parseHash(text); err != nil {
		return nil, err
	}
	return d, d.reload()
}

// reload reads the file; on a fault the users stay as they were.
func (d *directory) reload() error {
	info, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("read the users file: %w", err)
	}
	if info.Size() > maxUsersBytes {
		return fmt.Errorf("read the users file %s: it has %d bytes; %d are allowed", d.path, info.Size(), maxUsersBytes)
	}
	text, err := os.ReadFile(d.path)
	if err != nil {
		return fmt.Errorf("read the users file: %w", err)
	}
	users, err := parseUsers(d.path, text)
	if err != nil {
		return fmt.Errorf("read the users file: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users, d.modified, d.size, d.looked = users, info.ModTime(), info.Size(), d.clock()
	clear(d.verified)
	return nil
}

// reloadIfChanged looks at the file at most every usersEvery.
func (d *directory) reloadIfChanged() error {
	now := d.clock()
	d.mu.RLock()
	due := now.Sub(d.looked) >= usersEvery
	d.mu.RUnlock()
	if !due {
		return nil
	}
	d.mu.Lock()
	d.looked = now
	modified, size := d.modified, d.size
	d.mu.Unlock()
	info, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("look at the users file: %w", err)
	}
	if info.ModTime().Equal(modified) && info.Size() == size {
		return nil
	}
	return d.reload()
}

func (d *directory) user(name string) *user {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.users[name]
}

// remembered returns the user if this name and password were verified lately.
func (d *directory) remembered(name, password string) (*user, proof) {
	u := d.user(name)
	p := d.prove(u, name, password)
	d.mu.RLock()
	until, ok := d.verified[p]
	d.mu.RUnlock()
	if u == nil || !ok || !d.clock().Before(until) {
		return nil, p
	}
	return u, p
}

// prove binds a pair to the stored hash: a changed hash makes old proofs void.
func (d *directory) prove(u *user, name, password string) proof {
	mac := hmac.New(sha256.New, d.key[:])
	fmt.Fprintf(mac, "%d:%s%d:%s", len(name), name, len(password), password)
	if u != nil {
		mac.Write([]byte(u.hash.text))
	}
	return proof(mac.Sum(nil))
}

// verify hashes the password and remembers a success.
func (d *directory) verify(name, password string, p proof) *user {
	u := d.user(name)
	h := d.decoy
	if u != nil {
		h = u.hash
	}
	d.slots <- struct{}{}
	ok := h.verify(password)
	<-d.slots
	if !ok || u == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users[name] != u {
		return nil // the file changed meanwhile; the next request decides
	}
	now := d.clock()
	if len(d.verified) >= maxVerified {
		for old, until := range d.verified {
			if !now.Before(until) {
				delete(d.verified, old)
			}
		}
		if len(d.verified) >= maxVerified {
			clear(d.verified)
		}
	}
	d.verified[p] = now.Add(verifiedFor)
	return u
}
