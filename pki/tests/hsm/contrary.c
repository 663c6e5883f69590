/* A PKCS#11 module that passes everything on to SoftHSM and, when it is told so, does what THREATS A51 fears of an HSM.
 *
 * Built by the test with `cc -shared -fPIC -o contrary.so contrary.c -ldl`. What it shall do stands in the file `mood` of the
 * directory that KAGIMORI_TEST_HSM names; the first word counts:
 *   honest      as SoftHSM does
 *   late N      signs after N milliseconds
 *   garbage     turns one bit of each signature
 *   twice       gives the signature before this one once more
 *   lost        says once that the session is not valid (the mood is honest then)
 *   gone        says that the device was removed
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long rv_t;
typedef unsigned char byte;
typedef rv_t (*sign_t)(unsigned long, byte *, unsigned long, byte *, unsigned long *);
typedef rv_t (*list_t)(void **);

/* CK_FUNCTION_LIST (PKCS#11 2.40, 3.1): two octets of version, padded, and 68 functions, of which C_Sign is the 44th. */
struct functions {
    byte version[sizeof(void *)];
    void *function[68];
};
enum { SIGN = 43, GET_FUNCTION_LIST = 3 };
enum { SESSION_HANDLE_INVALID = 0xb3, DEVICE_REMOVED = 0x32 };

static struct functions ours;
static sign_t theirs;
static byte before[1024];
static unsigned long before_length;

static void mood(char *word, int *number)
{
    char path[4096];
    const char *directory = getenv("KAGIMORI_TEST_HSM");
    FILE *file;
    strcpy(word, "honest");
    *number = 0;
    if (!directory) return;
    snprintf(path, sizeof path, "%s/mood", directory);
    if (!(file = fopen(path, "r"))) return;
    if (fscanf(file, "%15s %d", word, number) < 1) strcpy(word, "honest");
    fclose(file);
}

static void honest_again(void)
{
    char path[4096];
    FILE *file;
    snprintf(path, sizeof path, "%s/mood", getenv("KAGIMORI_TEST_HSM"));
    if ((file = fopen(path, "w"))) {
        fputs("honest", file);
        fclose(file);
    }
}

static rv_t sign(unsigned long session, byte *data, unsigned long length, byte *signature, unsigned long *room)
{
    char word[16];
    int number;
    byte made[1024];
    unsigned long made_length;
    rv_t answer;
    mood(word, &number);
    if (!strcmp(word, "lost")) {
        honest_again();
        return SESSION_HANDLE_INVALID;
    }
    if (!strcmp(word, "gone")) return DEVICE_REMOVED;
    answer = theirs(session, data, length, signature, room);
    /* Asked how long it will be: nothing is signed yet. */
    if (answer || !signature) return answer;
    made_length = *room;
    memcpy(made, signature, made_length);
    if (!strcmp(word, "late")) {
        struct timespec pause = {number / 1000, (number % 1000) * 1000000L};
        nanosleep(&pause, 0);
    } else if (!strcmp(word, "garbage")) {
        signature[made_length / 2] ^= 1;
    } else if (!strcmp(word, "twice")) {
        memcpy(signature, before, before_length);
        *room = before_length;
    }
    memcpy(before, made, made_length);
    before_length = made_length;
    return 0;
}

rv_t C_GetFunctionList(void **list)
{
    void *module = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW);
    struct functions *original;
    list_t get = module ? (list_t)dlsym(module, "C_GetFunctionList") : 0;
    if (!get || get((void **)&original)) return 5;
    ours = *original;
    theirs = (sign_t)original->function[SIGN];
    ours.function[SIGN] = (void *)sign;
    ours.function[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
    *list = &ours;
    return 0;
}
