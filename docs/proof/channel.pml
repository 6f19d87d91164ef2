/* Resumable channels: a dialler (0) and an acceptor (1), each with a store, over connections that are cut, overlap and lose
 * what is in flight, with crashes and lost stores. SPIN looks at every order of every step; an assertion that fails is a
 * packet that is lost, or handed over as another, or a channel that stops without a word.
 *
 * A step is whole: a store that is written and a frame that is sent in one step stand for a crash between the two as well,
 * since a fault may take with it all that is in flight. All that a crash takes is in the ends of connections. A process that
 * crashed, or a connection that was given up, may have left frames that arrive later than those of the next one.
 * A packet is told from all others by TAG: the incarnation that stored it, its number, and whether the store
 * had gone back by then (an old copy, or one that forgets).
 */
#ifndef FAULTS
#define FAULTS 2               /* cuts, crashes, lost stores and old copies, at most, all together */
#endif
#ifndef FROM_DIALLER
#define FROM_DIALLER 2         /* packets that the dialler stores, and the acceptor */
#endif
#ifndef FROM_ACCEPTOR
#define FROM_ACCEPTOR 0
#endif
#ifndef LOST
#define LOST 0                 /* stores that are lost at most, of each side */
#endif
#ifndef UNFENCED
#define UNFENCED 2             /* the side that goes on with older connections after a takeover */
#endif
#ifdef OLD_COPY
#define CONNECTIONS (FAULTS + 2)
#else
#define CONNECTIONS (FAULTS + 1)     /* each fault costs the dialler one connection at most */
#endif
#define PACKETS 4
#define QUEUE 4
#define INCARNATIONS 7
#define TAG(incarnation,n) ((incarnation) * 16 + (n) * 2)

mtype = { CHANNEL, PACKET, ACK, SUPERSEDED, DISAGREED };      /* the last two are END 1 */
#define WAITS 1                /* 0 is one that is not used yet; for the other's CHANNEL */
#define AGREED 2
#define CLOSED 3

typedef Store {
  byte incarnation; byte other; byte attempt;
  byte want; byte first; byte next; byte kept[PACKETS]     /* kept are [first, next) */
};
typedef End {
  byte state; byte peer;       /* the incarnation in the other's CHANNEL */
  byte came;                   /* the number of the next packet that comes */
  byte taken;                  /* by the application, its position not yet stored */
  byte send; byte acked
};
Store s[2];
End e[2 * CONNECTIONS];        /* of connection c: 2c the dialler's, 2c+1 the acceptor's */
chan q[2 * CONNECTIONS] = [QUEUE] of { mtype, byte, byte, byte, byte, byte };     /* what is in flight to that end */
byte dials, faults, lost[2];
bit told[2];                   /* that the sides disagree, or that the store is an old copy: the dialler dials no more */
byte j, k;

/* For the claims alone: what the application of an incarnation has taken, with its position stored in the same step. */
typedef Effects { byte tag[PACKETS] };
Effects effects[INCARNATIONS];
bit putBack, again[2];
#ifdef OLD_COPY
Store copy; bit copied;
#define AFTER_A_COPY putBack
#else
#define AFTER_A_COPY false
#endif
#ifdef NO_INCARNATIONS
#define MAY_BE_REFUSED true    /* what it loses is of more interest */
#else
#define MAY_BE_REFUSED AFTER_A_COPY
#endif
#ifdef LATE_EFFECT
byte late[2], lateNumber[2];   /* a transaction of the application that no takeover stops */
#endif

#define OPEN(x) (e[x].state == WAITS || e[x].state == AGREED)
#define ROOM(y) (e[y].state == CLOSED || len(q[y]) < QUEUE)
#define HEAD(x,type) (q[x]?[type,_,_,_,_,_])
#define MAY_FAIL (faults < FAULTS)

inline put(to, kind, v1, v2, v3, v4, v5) {
  if :: e[to].state != CLOSED -> q[to]!kind(v1, v2, v3, v4, v5) :: else fi
}

inline shut(x) {
#ifdef LATE_EFFECT
  if :: e[x].taken != 0 && late[(x) % 2] == 0 -> late[(x) % 2] = e[x].taken; lateNumber[(x) % 2] = e[x].came - 1 :: else fi;
#endif
  e[x].state = CLOSED; e[x].peer = 0; e[x].came = 0; e[x].taken = 0; e[x].send = 0; e[x].acked = 0;
  do :: nempty(q[x]) -> q[x]?_,_,_,_,_,_ :: empty(q[x]) -> break od
}

/* All ends of a side are gone; what it had sent may still arrive, or not. */
inline crash(i) {
  k = i;
  do :: k < 2 * CONNECTIONS -> if :: OPEN(k) -> shut(k) :: else fi; k = k + 2 :: else -> break od;
  if
  :: true
  :: k = 1 - i;
     do :: k < 2 * CONNECTIONS -> if :: OPEN(k) -> shut(k) :: else fi; k = k + 2 :: else -> break od
  fi;
#ifdef LATE_EFFECT
  late[i] = 0; lateNumber[i] = 0;
#endif
  k = 0
}

/* Takeover: the older ends of side i, without the end x. What was taken and is not stored is given to the application again. */
inline fence(i, x) {
  k = i;
  do
  :: k < 2 * CONNECTIONS ->
       if
       :: k != x && (UNFENCED == 2 || k < x) && e[k].state == AGREED ->
            if :: e[k ^ 1].state != CLOSED && len(q[k ^ 1]) < QUEUE -> q[k ^ 1]!SUPERSEDED(0, 0, 0, 0, 0) :: else fi;
            shut(k)
       :: else
       fi;
       k = k + 2
  :: else -> break
  od;
  k = 0
}

/* A sender drops what the other, by its incarnation, has acknowledged: all of it must have been taken, and be what was sent. */
inline drop(i, by, upTo) {
  do
  :: s[i].first < upTo ->
#ifndef DROPS_EARLY
       assert(effects[by].tag[s[i].first] == s[i].kept[s[i].first]);
#endif
       s[i].kept[s[i].first] = 0; s[i].first++
  :: else -> break
  od
}

/* The application has taken the packet n, and its position is stored. */
inline store(i, n, what) {
#ifdef LATE_EFFECT
  if
  :: n < s[i].want -> assert(effects[s[i].incarnation].tag[n] == what)     /* it knows the number, and passes it over */
  :: else ->
#endif
  assert(n == s[i].want);                                       /* nothing twice, nothing left out */
  effects[s[i].incarnation].tag[n] = what;
  s[i].want = n + 1
#ifdef LATE_EFFECT
  fi
#endif
}

/* A disagreement without a cause is a fault of the protocol. */
inline disagree(i) {
  assert(lost[0] + lost[1] > 0 || AFTER_A_COPY);
  told[i] = 1
}

#ifdef NO_INCARNATIONS
#define SAME_INCARNATIONS(i) true
#else
#define SAME_INCARNATIONS(i) ((s[i].other == 0 || s[i].other == own) && (named == 0 || named == s[i].incarnation))
#endif
#define SAME_NUMBERS(x) (s[(x) % 2].first <= want && want <= e[x].send && e[x].came <= next)
#ifdef NO_ATTEMPTS
#define LATER true
#elif defined ATTEMPTS_OF_ANYBODY
#define LATER (attempt > s[1].attempt)
#else
#define LATER (s[1].other != own || attempt > s[1].attempt)      /* attempts of different incarnations cannot be compared */
#endif

/* What the CHANNEL of this end says: it is judged by that, and packets are numbered from there, whatever the store says later. */
inline name(i, x) { e[x].came = s[i].want; e[x].send = s[i].next }

inline agree(i, x) {
#ifdef INCARNATION_LATE
  if :: i == 1 -> s[i].other = own :: else fi;
#else
  s[i].other = own;
#endif
  drop(i, own, want);
  e[x].state = AGREED; e[x].peer = own; e[x].acked = e[x].came; e[x].send = want
}

/* The acceptor answers saying what it knew before. */
inline answer(x, knew) { put(x ^ 1, CHANNEL, s[1].incarnation, knew, s[1].want, s[1].next, attempt) }

/* The acceptor has read a CHANNEL. */
inline accept(x) {
  name(1, x);
#ifdef ATTEMPTS_OF_ANYBODY
  if
  :: !LATER && (ATTEMPTS_OF_ANYBODY == 1 || SAME_INCARNATIONS(1)) ->
       put(x ^ 1, SUPERSEDED, 0, 0, 0, 0, 0); shut(x)
  :: !LATER && ATTEMPTS_OF_ANYBODY != 1 && !SAME_INCARNATIONS(1) ->
       answer(x, s[1].other); put(x ^ 1, DISAGREED, 0, 0, 0, 0, 0); disagree(1); shut(x)
  :: LATER ->
       fence(1, x); s[1].attempt = attempt;
       if
       :: SAME_INCARNATIONS(1) && SAME_NUMBERS(x) -> j = s[1].other; agree(1, x); answer(x, j); j = 0
       :: else -> answer(x, s[1].other); put(x ^ 1, DISAGREED, 0, 0, 0, 0, 0); disagree(1); shut(x)
       fi
  fi
#else
  if
  :: !SAME_INCARNATIONS(1) ->
       answer(x, s[1].other); put(x ^ 1, DISAGREED, 0, 0, 0, 0, 0); disagree(1); shut(x)
  :: SAME_INCARNATIONS(1) && !LATER -> put(x ^ 1, SUPERSEDED, 0, 0, 0, 0, 0); shut(x)
  :: SAME_INCARNATIONS(1) && LATER && !SAME_NUMBERS(x) ->
       answer(x, s[1].other); put(x ^ 1, DISAGREED, 0, 0, 0, 0, 0); disagree(1); shut(x)
  :: else ->
       if :: UNFENCED != 1 -> fence(1, x) :: else fi;
       s[1].attempt = attempt; j = s[1].other;
       agree(1, x); answer(x, j); j = 0
  fi
#endif
}

/* The dialler has read the answer. */
inline judge(x) {
  if
  :: SAME_INCARNATIONS(0) && SAME_NUMBERS(x) -> agree(0, x)
  :: else -> put(x ^ 1, DISAGREED, 0, 0, 0, 0, 0); disagree(0); shut(x)
  fi
}

#define MINE e[x]
#ifdef ACK_BEFORE_STORED
#define POSITION MINE.came
#elif defined ACK_OF_THE_STORE
#define POSITION s[i].want
#else
#define POSITION (s[i].want < MINE.came -> s[i].want : MINE.came)
#endif

/* One end of a connection. */
proctype Runs(byte x) {
  byte i, own, named, want, next, attempt;
  i = x % 2;
  do
  :: atomic { i == 1 && MINE.state == WAITS && HEAD(x, CHANNEL) ->
       q[x]?CHANNEL(own, named, want, next, attempt); accept(x);
       own = 0; named = 0; want = 0; next = 0; attempt = 0 }
  :: atomic { i == 0 && MINE.state == WAITS && HEAD(x, CHANNEL) && ROOM(x ^ 1) ->
       q[x]?CHANNEL(own, named, want, next, attempt); judge(x);
       own = 0; named = 0; want = 0; next = 0; attempt = 0 }
#ifdef INCARNATION_LATE
  :: atomic { MINE.state == AGREED && s[i].other != MINE.peer -> s[i].other = MINE.peer }
#endif
  :: atomic { MINE.state == AGREED && s[i].other == MINE.peer && MINE.send < s[i].next && ROOM(x ^ 1) ->
       put(x ^ 1, PACKET, s[i].kept[MINE.send], 0, 0, 0, 0); MINE.send++;
#ifdef DROPS_EARLY
       drop(i, 0, MINE.send)
#endif
     }
  :: atomic { MINE.state == AGREED && MINE.taken == 0 && HEAD(x, PACKET) ->
       q[x]?PACKET(MINE.taken, _, _, _, _);
       assert((MINE.taken & 254) == TAG(MINE.peer, MINE.came));     /* what that incarnation stored under this number */
       MINE.came++ }
  :: atomic { MINE.state == AGREED && MINE.taken != 0 -> store(i, MINE.came - 1, MINE.taken); MINE.taken = 0 }
  :: atomic { MINE.state == AGREED && s[i].other == MINE.peer && POSITION > MINE.acked && ROOM(x ^ 1) ->
       MINE.acked = POSITION; put(x ^ 1, ACK, MINE.acked, 0, 0, 0, 0) }
  :: atomic { MINE.state == AGREED && HEAD(x, ACK) ->
       q[x]?ACK(want, _, _, _, _);
       assert(want <= MINE.send);                                   /* else the other would be at fault */
#ifndef DROPS_EARLY
       assert(want >= s[i].first);
#endif
       drop(i, MINE.peer, want);
       want = 0 }
  :: atomic { OPEN(x) && HEAD(x, DISAGREED) -> shut(x); disagree(i) }
  :: atomic { OPEN(x) && HEAD(x, SUPERSEDED) ->
       shut(x);
       if
       :: i == 0 && x == 2 * (dials - 1) -> assert(MAY_BE_REFUSED); told[0] = 1     /* on its newest attempt: for good */
       :: else
       fi }
  /* The other end is gone, and all that came from it is read. */
  :: atomic { OPEN(x) && e[x ^ 1].state == CLOSED && empty(q[x]) && MINE.taken == 0 -> shut(x) }
  /* A cut that this end notices, or both. */
  :: atomic { OPEN(x) && MAY_FAIL ->
       faults++; shut(x);
       if :: true :: OPEN(x ^ 1) -> shut(x ^ 1) fi }
#if UNFENCED < 2
  /* The takeover comes after the position was read. */
  :: atomic { i == UNFENCED && MINE.state == AGREED -> fence(i, x) }
#endif
  od
}

proctype Side(byte i) {
  do
  :: atomic { s[i].next < (i == 0 -> FROM_DIALLER : FROM_ACCEPTOR) ->
       s[i].kept[s[i].next] = TAG(s[i].incarnation, s[i].next) + again[i]; s[i].next++ }
  :: atomic { i == 0 && !told[0] && dials < CONNECTIONS && (UNFENCED == 0 || dials == 0 || !OPEN(2 * (dials - 1))) ->
       s[0].attempt++; name(0, 2 * dials);
       e[2 * dials].state = WAITS; e[2 * dials + 1].state = WAITS;
       put(2 * dials + 1, CHANNEL, s[0].incarnation, s[0].other, s[0].want, s[0].next, s[0].attempt);
       dials++ }
  :: atomic { MAY_FAIL -> faults++; crash(i);
       if
       :: true
#ifdef FORGETS
       :: s[i].next > s[i].first -> s[i].next--; s[i].kept[s[i].next] = 0; again[i] = 1
#endif
#if LOST > 0
       :: lost[i] < LOST ->
            lost[i]++; told[i] = 0;
            s[i].incarnation = s[i].incarnation + 2; s[i].other = 0; s[i].attempt = 0;
            s[i].want = 0; s[i].first = 0; s[i].next = 0;
            k = 0; do :: k < PACKETS -> s[i].kept[k] = 0; k++ :: else -> break od; k = 0
#endif
       fi }
#ifdef LATE_EFFECT
  :: atomic { late[i] != 0 -> store(i, lateNumber[i], late[i]); late[i] = 0; lateNumber[i] = 0 }
#endif
#ifdef OLD_COPY
  :: atomic { i == 0 && !copied && !putBack ->
       copied = 1; copy.attempt = s[0].attempt; copy.other = s[0].other; copy.want = s[0].want;
       copy.first = s[0].first; copy.next = s[0].next;
       k = 0; do :: k < PACKETS -> copy.kept[k] = s[0].kept[k]; k++ :: else -> break od; k = 0 }
  :: atomic { i == 0 && copied && MAY_FAIL && (OLD_COPY == 1 || s[1].attempt > copy.attempt) ->
       faults++; crash(0); putBack = 1; again[0] = 1; copied = 0;
       if :: OLD_COPY == 3 -> faults = FAULTS :: else fi;
       s[0].attempt = copy.attempt; s[0].other = copy.other; s[0].want = copy.want;
       s[0].first = copy.first; s[0].next = copy.next;
       k = 0; do :: k < PACKETS -> s[0].kept[k] = copy.kept[k]; copy.kept[k] = 0; k++ :: else -> break od; k = 0;
       copy.attempt = 0; copy.other = 0; copy.want = 0; copy.first = 0; copy.next = 0 }
#endif
  od
}

#define ALL_ACKNOWLEDGED (s[0].first == FROM_DIALLER && s[1].first == FROM_ACCEPTOR)

init {
  atomic {
    s[0].incarnation = 1; s[1].incarnation = 2;
    do :: j < 2 * CONNECTIONS -> run Runs(j); j++ :: else -> break od; j = 0;
    run Side(0); run Side(1)
  };
  /* Nothing more can happen, nor fail: all is acknowledged, or both know that they disagree, or have a new store. (A crash
   * before the first connection is none: runs with fewer faults are among these.) */
  timeout;
#ifdef REACH
  assert(!(ALL_ACKNOWLEDGED && dials == CONNECTIONS && faults == FAULTS && lost[0] == LOST && lost[1] == LOST));
#endif
  assert(ALL_ACKNOWLEDGED || (told[0] && (told[1] || s[1].other == 0 || AFTER_A_COPY)))
}
