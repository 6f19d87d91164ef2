/* Agreement in the upgraded handshake, with three sessions of two honest nodes (0 and 1), and an attacker who owns the
 * network and is a node too (2). SPIN looks at every order of every step; an assertion that fails is an attack.
 *
 * Session s has the session key s; the attacker's is M. Values of a field "kem": 0 none; EK(s) the encapsulation key of the
 * session s, EK(M) the attacker's; CT(s,e) what the dialling session s, or the attacker, encapsulated to the key e.
 * A frame is not stored: it can be read and made by whoever is an end of its two session keys, and is otherwise only passed
 * on, to the session that has the same two keys (sections 2 and 3). Sessions do what sections 4, 9.1, 9.2 and 9.4 say.
 */
#define N 3                    /* sessions of honest nodes */
#define M 3                    /* the attacker's session key */
#define EVIL 2                 /* the attacker's id */
#define EK(s) (1 + (s))
#define CT(s,e) (10 + 8 * (s) + (e))
#define IS_CT(k) ((k) >= 10)
#define ENCAPSULATED_TO(k) (((k) - 10) % 8)
#define MADE_BY(k) (((k) - 10) / 8)
#define ONE(aead) ((aead) == 1 || (aead) == 2)
#define WITHIN(x,y) (((x) & (y)) == (x))

typedef Upgrade { byte aead; byte kem; bit features };    /* offer or choice; aead is a set of bits, 0 without the field */
typedef Session {
  byte node; bit dials; byte pinned;
  byte can;                    /* 0 no upgrades, 1 upgrades, 2 with the KEM and the feature */
  byte insists;                /* 0 on nothing, 1 on an upgrade, 2 on the KEM */
  byte state;                  /* 0 new; 1 has the other's session key; 2 has sent and verified all; 3 established; 4 closed */
  bit sent;                    /* its Authenticate is on the wire */
  byte peerKey; byte peer;
  Upgrade offer; Upgrade choice;     /* as this side sent or received them: A and D of section 9.2 */
  byte secret                  /* the KEM's: named by the ciphertext, or 100 + s for what a foreign one decapsulates to */
};
Session s[N];
byte j, id;
Upgrade u;

/* The other side of the same two session keys (never itself: section 1). */
#define WIRED(a,b) (s[a].peerKey == (b) && s[b].peerKey == (a))
/* T and the rest of PRK, section 9.2: the same S0 on both sides. */
#define SAME_UPGRADE(x,y) (x.aead == y.aead && x.kem == y.kem && x.features == y.features)
#ifdef NO_TRANSCRIPT
#define SAME_T(a,b) true
#else
#define SAME_T(a,b) (SAME_UPGRADE(s[a].offer, s[b].offer) && SAME_UPGRADE(s[a].choice, s[b].choice))
#endif
#define SAME_KEYS(a,b) (WIRED(a,b) && s[a].dials != s[b].dials && s[a].secret == s[b].secret && SAME_T(a,b))
/* The attacker is an end of the session, and knows the KEM's secret. */
#define KNOWS_SECRET(a) (s[a].secret == 0 || (s[a].secret < 100 && (MADE_BY(s[a].secret) == M || ENCAPSULATED_TO(s[a].secret) == EK(M))))
#define IS_END(a) (s[a].peerKey == M && KNOWS_SECRET(a))
#define UPGRADED(a) (s[a].choice.aead != 0)
/* The attacker has a signature of the honest node n that the session b takes: over b's session key (section 4). He reads
 * one when it came to a session key of his own, and that is not b's. */
#if defined UNBOUND_SIGNATURE
#define SIGNED(a,b) (s[a].sent && s[a].peerKey == M)
#elif defined FRAMES_IN_CLEAR
#define SIGNED(a,b) (s[a].sent && s[a].peerKey == b)
#else
#define SIGNED(a,b) (s[a].sent && s[a].peerKey == M && b == M)
#endif

inline copy(x, y) { x.aead = y.aead; x.kem = y.kem; x.features = y.features }
inline clear(x) { x.aead = 0; x.kem = 0; x.features = 0 }

/* Any upgrade that the attacker can write: numbers, bits, his own KEM values, or ones that he has read or passes on. */
inline invent(to) {
  clear(u);
  if :: u.aead = 0 :: u.aead = 1 :: u.aead = 2 :: u.aead = 3 fi;
  if :: u.aead != 0 ->
        if :: u.kem = 0 :: u.kem = EK(M) :: u.kem = CT(M, EK(to)) fi;
        if :: u.features = 0 :: u.features = 1 fi
     :: else
  fi
}

/* The session a sends its Authenticate as an acceptor: section 9.1, the offer. */
inline offers(a) {
  s[a].offer.aead = (s[a].can == 0 -> 0 : (s[a].can == 1 -> 1 : 3));
  s[a].offer.kem = (s[a].can == 2 -> EK(a) : 0);
  s[a].offer.features = (s[a].can == 2);
  s[a].sent = 1
}

#ifdef NO_OWN_ID_RULE
#define NOT_OWN(a) true
#else
#define NOT_OWN(a) (id != s[a].node)
#endif
/* An Authenticate of the node id with the upgrade u has come to the session a, in a frame that its keys open. */
inline takes(a) {
  if
#ifndef NO_OWN_ID_RULE
  :: id == s[a].node -> s[a].state = 4
#endif
  :: s[a].dials && id != s[a].pinned -> s[a].state = 4
  :: s[a].dials && (id == s[a].pinned) ->                      /* the choice */
       s[a].peer = id; copy(s[a].offer, u);
       clear(s[a].choice);
       if
       :: u.kem != 0 && IS_CT(u.kem) -> s[a].state = 4              /* its size is not a key's */
       :: else ->
            if :: s[a].can > 0 && u.aead != 0 ->
                  s[a].choice.aead = ((u.aead & 2) && s[a].can == 2 -> 2 : (u.aead & 1));
                  if :: s[a].choice.aead != 0 && s[a].can == 2 ->
                        s[a].choice.features = u.features;
                        if :: u.kem != 0 -> s[a].choice.kem = CT(a, u.kem); s[a].secret = s[a].choice.kem :: else fi
                     :: else fi
               :: else fi;
            if
            :: s[a].insists >= 1 && s[a].choice.aead == 0 -> s[a].state = 4
            :: s[a].insists == 2 && s[a].choice.kem == 0 -> s[a].state = 4
            :: else -> s[a].sent = 1; s[a].state = 2
            fi
       fi
  :: !s[a].dials && (NOT_OWN(a)) ->                    /* the choice is checked against the offer */
       s[a].peer = id;
       if :: s[a].can == 0 -> clear(s[a].choice) :: else -> copy(s[a].choice, u) fi;
       if
       :: s[a].choice.aead == 0 && s[a].insists == 0 -> s[a].state = 2
       :: ONE(s[a].choice.aead) && WITHIN(s[a].choice.aead, s[a].offer.aead) && s[a].choice.features <= s[a].offer.features &&
          (s[a].choice.kem == 0 || (IS_CT(s[a].choice.kem) && s[a].offer.kem != 0)) && (s[a].insists < 2 || s[a].choice.kem != 0) ->
            s[a].secret = (s[a].choice.kem == 0 -> 0 : (ENCAPSULATED_TO(s[a].choice.kem) == EK(a) -> s[a].choice.kem : 100 + a));
            s[a].state = 2
       :: else -> s[a].state = 4
       fi
  fi
}

/* What the acceptor b would have chosen from it by a dialler a, had nobody been in between. */
#define LESS(a,b) (s[a].can < s[b].can -> s[a].can : s[b].can)
#define AS_MEANT(a,b) ((LESS(a,b) == 0 && !UPGRADED(a)) \
  || (LESS(a,b) == 1 && s[a].choice.aead == 1 && s[a].choice.kem == 0 && !s[a].choice.features) \
  || (LESS(a,b) == 2 && s[a].choice.aead == 2 && s[a].choice.kem != 0 && s[a].choice.features))

/* The claims, for a session a that has just been established with an honest node, and b, that node's session or N. */
inline claim(a) {
  s[a].state = 3;
  assert(s[a].insists == 0 || UPGRADED(a));
  assert(s[a].insists < 2 || s[a].choice.kem != 0);
  if :: s[a].peer != EVIL ->
        j = 0;
        do :: j < N && !(j != a && WIRED(a,j) && s[j].node == s[a].peer && s[j].sent) -> j++ :: else -> break od;
        assert(j < N);                                          /* that node has a session with the same two session keys */
        assert(s[j].state >= 2 && s[j].state < 4);              /* which has verified this one, */
        assert(s[j].peer == s[a].node);                         /* as this node */
#ifndef ROLES_WITHOUT_UPGRADE
        assert(!UPGRADED(a) || s[j].dials != s[a].dials);       /* in the other role */
#else
        assert(s[j].dials != s[a].dials);
#endif
        if :: s[j].dials != s[a].dials ->
              assert(SAME_UPGRADE(s[a].choice, s[j].choice));
#ifndef ONLY_UPGRADED
              assert(SAME_UPGRADE(s[a].offer, s[j].offer));
              assert(AS_MEANT(a, j))                            /* and got no less than both can */
#else
              assert(!UPGRADED(a) || (SAME_UPGRADE(s[a].offer, s[j].offer) && AS_MEANT(a, j)))
#endif
           :: else fi;
        j = 0;                                                  /* no other session has the same */
        do :: j < N -> assert(j == a || s[j].state != 3 || s[j].dials != s[a].dials || s[j].peerKey != s[a].peerKey || s[j].peerKey == M); j++
           :: else -> break od
     :: else fi;
  j = 0
}

inline settle(a) {
  if :: s[a].can = 0 :: s[a].can = 1 :: s[a].can = 2 fi;
  if :: s[a].insists = 0 :: s[a].can >= 1 -> s[a].insists = s[a].can fi
}

/* For the check that the model can get there at all. */
#ifdef REACH
#define REACHED assert(!(s[0].state == 3 && s[1].state == 3 && s[0].choice.kem != 0 && s[2].state == 3 && UPGRADED(2)));
#else
#define REACHED
#endif
#define DELIVERABLE(a,b) (s[a].state == 1 && s[b].sent && WIRED(a,b))
inline delivers(a, b) {
  id = s[b].node;
  if :: s[b].dials -> copy(u, s[b].choice) :: else -> copy(u, s[b].offer) fi;
#ifdef MALLEABLE
  if :: true :: invent(a) fi;
#endif
  takes(a); clear(u); id = 0
}
inline forges(a) {
  if :: id = EVIL :: SIGNED(0,a) -> id = s[0].node :: SIGNED(1,a) -> id = s[1].node :: SIGNED(2,a) -> id = s[2].node fi;
  invent(a); takes(a); clear(u); id = 0
}
#define OPENS(a,b) (s[b].state >= 2 && s[b].state < 4 && UPGRADED(a) == UPGRADED(b) && (UPGRADED(a) -> SAME_KEYS(a,b) : WIRED(a,b)))
inline arrives(a) {
  if :: s[a].peerKey = 0 :: s[a].peerKey = 1 :: s[a].peerKey = 2 :: s[a].peerKey = M fi;
  s[a].state = 1;
#ifndef NO_ECHO_RULE
  if :: s[a].peerKey == a -> s[a].state = 4 :: else fi;
#endif
  if :: s[a].state == 1 && !s[a].dials -> offers(a) :: else fi
}

init {
  atomic {
    s[0].node = 0; s[0].dials = 1; if :: s[0].pinned = 1 :: s[0].pinned = EVIL fi;
    s[1].node = 1; s[1].dials = 0;
    /* The third: the same as one of the others again, or what each node does in the other role. */
    if
    :: s[2].node = 0; s[2].dials = 1; s[2].pinned = 1
    :: s[2].node = 1; s[2].dials = 0
    :: s[2].node = 0; s[2].dials = 0
    :: s[2].node = 1; s[2].dials = 1; if :: s[2].pinned = 0 :: s[2].pinned = EVIL fi
    fi;
    settle(0); settle(1); s[2].can = s[1].can;
    /* Session keys come, anyone's: section 1. To take them all at once leaves nothing out: a session whose key comes later can
     * do no more than one whose key came and which waits. The acceptor sends its Authenticate at once. */
    arrives(0); arrives(1); arrives(2)
  };
  do
  /* An honest session's Authenticate is delivered to the one whose keys open it. */
  :: atomic { DELIVERABLE(0,1) -> delivers(0,1) }
  :: atomic { DELIVERABLE(0,2) -> delivers(0,2) }
  :: atomic { DELIVERABLE(1,0) -> delivers(1,0) }
  :: atomic { DELIVERABLE(1,2) -> delivers(1,2) }
  :: atomic { DELIVERABLE(2,0) -> delivers(2,0) }
  :: atomic { DELIVERABLE(2,1) -> delivers(2,1) }
#ifdef NO_ECHO_RULE
  :: atomic { DELIVERABLE(1,1) -> delivers(1,1) }
#endif
  /* The attacker's own, as himself or with a signature that he has. */
  :: atomic { s[0].state == 1 && s[0].peerKey == M -> forges(0) }
  :: atomic { s[1].state == 1 && s[1].peerKey == M -> forges(1) }
  :: atomic { s[2].state == 1 && s[2].peerKey == M -> forges(2) }
  /* A first record, or without an upgrade a first packet, opens: READY for the dialler. */
  :: atomic { s[0].state == 2 && (IS_END(0) || OPENS(0,1) || OPENS(0,2)) -> claim(0); REACHED }
  :: atomic { s[1].state == 2 && (IS_END(1) || OPENS(1,0) || OPENS(1,2) || OPENS(1,1)) -> claim(1); REACHED }
  :: atomic { s[2].state == 2 && (IS_END(2) || OPENS(2,0) || OPENS(2,1)) -> claim(2); REACHED }
  od
}
